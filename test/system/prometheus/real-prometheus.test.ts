import { prometheusSamples } from '../../../src/integrations/prometheus/prometheus-api.ts'
import { metricsContract } from '../../contracts/metrics-contract.ts'
import { describeWith } from '../../support/needs.ts'
import { prometheusWith } from '../../support/prometheus-server.ts'

/** Yesterday, on a whole second: in a block on disk, not in the head. */
const BASE_MS = Math.floor(Date.now() / 1000) * 1000 - 86_400_000

describeWith(['prometheus'], 'Prometheus', () => {
  metricsContract(
    'a real Prometheus server',
    async (series) => {
      const { url, close } = await prometheusWith(series)
      return { samples: prometheusSamples({ url, timeoutMs: 5_000 }), close }
    },
    BASE_MS,
  )
})
