import { aiPatch } from './ai-patch.ts'
import { badConfig } from './bad-config.ts'
import { badDeploy } from './bad-deploy.ts'
import { flakyUpstream } from './flaky-upstream.ts'
import { mystery } from './mystery.ts'
import { nullDereference } from './null-dereference.ts'
import { panic } from './panic.ts'
import { resourceLeak } from './resource-leak.ts'
import type { Scenario } from './scenario.ts'
import { slowDependency } from './slow-dependency.ts'
import { twoAtOnce } from './two-at-once.ts'
import { unhandledException } from './unhandled-exception.ts'
import { unsafeFix } from './unsafe-fix.ts'
import { wrongFix } from './wrong-fix.ts'

/** In the order in which the page offers them. */
export const scenarios: readonly Scenario[] = [
  nullDereference,
  slowDependency,
  resourceLeak,
  badConfig,
  badDeploy,
  wrongFix,
  unsafeFix,
  unhandledException,
  panic,
  flakyUpstream,
  twoAtOnce,
  mystery,
  aiPatch,
]
