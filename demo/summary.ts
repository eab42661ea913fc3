import type { Outcome } from './outcome.ts'

/** One scenario in one round; `miss` says why it did not end as expected. */
export interface Played {
  readonly round: number
  readonly outcome: Outcome
  readonly miss: string | null
}

/** How often each scenario ended as expected, how long it took, and every miss again at the end. */
export function summary(played: readonly Played[]): string {
  const missed = played.filter(({ miss }) => miss !== null)
  const ran = played.filter(({ outcome, miss }) => outcome.skipped === undefined || miss !== null)
  const groups = Map.groupBy(ran, ({ outcome }) => outcome.scenario)
  const skipped = new Set(played.filter((one) => !ran.includes(one)).map(({ outcome }) => outcome.scenario))
  return [
    `${ran.length - missed.length} of ${ran.length} ended as expected`,
    ...[...skipped].map((name) => `  ${name}: skipped`),
    ...[...groups].map(([name, own]) => `  ${lineOf(name, own)}`),
    ...missed.map(
      ({ round, outcome, miss }) => `  missed: round ${round}, ${outcome.scenario}: ${miss ?? ''}`,
    ),
  ].join('\n')
}

function lineOf(name: string, own: readonly Played[]): string {
  const hits = own.filter(({ miss }) => miss === null).length
  const work = range(own.map(({ outcome }) => outcome.pipelineMs))
  const evidence = range(own.map(({ outcome }) => outcome.evidenceMs))
  return `${name}: ${hits} of ${own.length}; work ${work}, evidence ${evidence}`
}

function range(all: readonly number[]): string {
  const [low, high] = [Math.min(...all), Math.max(...all)].map((ms) => (ms / 1000).toFixed(1))
  return low === high ? `${low} s` : `${low}-${high} s`
}
