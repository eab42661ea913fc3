import type { Language } from '../signals/stack-trace.ts'
import type { DangerRule } from './danger-rules/danger-rule.ts'
import { go } from './danger-rules/go.ts'
import { java } from './danger-rules/java.ts'
import { javascript } from './danger-rules/javascript.ts'
import { python } from './danger-rules/python.ts'

export type { DangerRule }

export const DANGER_RULES: Readonly<Record<Language, readonly DangerRule[]>> = {
  python,
  javascript,
  typescript: javascript,
  go,
  java,
}
