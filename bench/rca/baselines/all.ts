import type { Baseline } from './baseline.ts'
import { latestRelease } from './latest-release.ts'
import { nSigma } from './n-sigma.ts'
import { prism } from './prism.ts'
import { robustScorer } from './robust-scorer.ts'
import { traversal } from './traversal.ts'

export const BASELINES: readonly Baseline[] = [nSigma, robustScorer, prism, traversal, latestRelease]
