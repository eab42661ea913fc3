import type { Baseline } from './baseline.ts'

/** The newest change first. */
export const latestRelease: Baseline = {
  name: 'latest release',
  rank({ changes }) {
    const newest = changes.toSorted((a, b) => b.at - a.at)
    const [first] = newest
    if (first === undefined) return null
    return { services: [...new Set(newest.map(({ service }) => service))], change: first.id }
  },
}
