import { nullDereference } from './null-dereference.ts'
import type { Scenario } from './scenario.ts'

/** In the order in which the page offers them. */
export const scenarios: readonly Scenario[] = [nullDereference]
