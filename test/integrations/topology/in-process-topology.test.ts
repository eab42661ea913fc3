import { InProcessTopology } from '../../../src/integrations/topology/in-process-topology.ts'
import { serviceGraphContract } from '../../contracts/service-graph.ts'

serviceGraphContract('in process', async (setup) => new InProcessTopology(setup))
