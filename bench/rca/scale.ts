import { parseArgs } from 'node:util'
import { rankCase } from '../../src/pipeline/rca/rank-case.ts'
import { shippedSettings } from './settings.ts'
import { syntheticCase } from './synthetic-case.ts'
import { timed } from './time.ts'

const SIZES = [100, 1_000, 10_000]
/** The quickest of these counts: what else the machine does can only slow it down. */
const RUNS = 5

const USAGE = `npm run bench:rca-scale -- [--json]

  Ranks the causes of one fault in made-up systems of ${SIZES.map((size) => size.toLocaleString('en')).join(', ')} services (four series each, three callers
  each, one change in a hundred) and prints the processor time, and by how much it grows where the system grows tenfold.`

interface Row {
  readonly services: number
  readonly ms: number
  readonly microsPerService: number
  /** Time over the time of the size before, divided by the growth of the size; 1 is linear. */
  readonly growth: number | null
  readonly rank: number
}

const { values } = parseArgs({
  options: { json: { type: 'boolean', default: false }, help: { type: 'boolean', default: false } },
})
if (values.help) console.log(USAGE)
else print(measure(), values.json)

function measure(): readonly Row[] {
  const settings = shippedSettings()
  const rows: Row[] = []
  for (const services of SIZES) {
    const { incidentCase, culprit } = syntheticCase(services)
    const runs = Array.from({ length: RUNS }, () => timed(() => rankCase(incidentCase, settings)))
    const ms = Math.min(...runs.map(({ time }) => time.processorMs))
    const before = rows.at(-1)
    rows.push({
      services,
      ms,
      microsPerService: (1000 * ms) / services,
      growth: before === undefined ? null : ms / before.ms / (services / before.services),
      rank: (runs[0]?.value.ranked.findIndex(({ service }) => service === culprit) ?? -1) + 1,
    })
  }
  return rows
}

function print(rows: readonly Row[], json: boolean): void {
  if (json) {
    console.log(JSON.stringify(rows, null, 1))
    return
  }
  console.log('services  ms       µs a service  growth (1 = linear)  place of the culprit')
  for (const { services, ms, microsPerService, growth, rank } of rows)
    console.log(
      [
        String(services).padEnd(8),
        ms.toFixed(1).padEnd(7),
        microsPerService.toFixed(1).padEnd(12),
        (growth?.toFixed(2) ?? '-').padEnd(19),
        rank === 0 ? 'not among the first' : String(rank),
      ].join('  '),
    )
}
