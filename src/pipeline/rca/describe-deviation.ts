import type { SidedDeviation } from './evidence/metric-evidence.ts'

/** "success ratio fell from 100 % to 62 % (31 times its usual variation)". */
export function describeDeviation({ deviation, direction, scales }: SidedDeviation): string {
  const { series, before } = deviation
  const during = direction === 'up' ? deviation.high : deviation.low
  const name = series.name.replace(/^client_/, '').replaceAll('_', ' ')
  const on = series.edge === undefined ? '' : ` of calls ${series.edge[0]} -> ${series.edge[1]}`
  const where = series.instance === null ? '' : ` on ${series.instance}`
  if (scales < 1) return `${name}${on}${where} is as usual (${formatValue(before, series.unit)})`
  const verb = direction === 'up' ? 'rose' : 'fell'
  const usual = `${scales >= 100 ? 'over 100' : scales.toFixed(scales < 10 ? 1 : 0)} times its usual variation`
  return `${name}${on}${where} ${verb} from ${formatValue(before, series.unit)} to ${formatValue(during, series.unit)} (${usual})`
}

/** A value with its unit, short: 0.231 s as "231 ms", a ratio as a percentage. */
export function formatValue(value: number, unit: string): string {
  switch (unit) {
    case 's':
      return Math.abs(value) < 1 ? `${short(value * 1000)} ms` : `${short(value)} s`
    case 'ratio':
      return `${short(value * 100)} %`
    case 'percent':
      return `${short(value)} %`
    case 'bytes':
      return `${short(value / 1_048_576)} MiB`
    case 'count':
      return short(value)
    default:
      return unit === '' ? short(value) : `${short(value)} ${unit}`
  }
}

function short(value: number): string {
  const size = Math.abs(value)
  if (size !== 0 && size < 0.01) return value.toPrecision(2)
  return Number(value.toFixed(size < 1 ? 3 : size < 100 ? 1 : 0)).toString()
}
