import type { Language } from '../../signals/stack-trace.ts'

export type TemplateCategory =
  'null-check' | 'resource-leak' | 'timeout' | 'error-handling' | 'retry' | 'circuit-breaker'

/**
 * Which exceptions a template answers to. `message` is plain text with `{NAME}` for a run of any characters: where the
 * rule has a metavariable of that name, it must hold the same. Matching is linear in the length of the message.
 */
export interface ExceptionPattern {
  /** Class names without package; empty: any. */
  readonly types: readonly string[]
  /** Null: any message. */
  readonly message: string | null
  /** Replaces the template's confidence where the exception says less, or more, about the place. */
  readonly confidence: number | null
}

/** How far around the match the replaced code reaches; see `scope.ts`. */
export const SCOPES = ['match', 'value', 'statement', 'error-check', 'uses'] as const
export type ScopeName = (typeof SCOPES)[number]

/** What the value of the replaced expression is used for. */
export const POSITIONS = ['value', 'argument', 'condition', 'iterated', 'statement'] as const
export type Position = (typeof POSITIONS)[number]

/** From the match to the replaced expression: nothing, only `.a[b](c)`, or operators and calls as well. */
export const REACHES = ['none', 'chain', 'operation'] as const
export type Reach = (typeof REACHES)[number]

/** A check of the match that YAML cannot say; the registry is `conditions.ts`. */
export const CONDITIONS = [
  'python-no-comprehension',
  'operator-as-in-message',
  'java-null-source',
  'go-pointer',
  'go-never-closed',
  'resource-stays-here',
  'not-closed-in-finally',
  'has-no-timeout',
  'idempotent-call',
] as const
export type ConditionName = (typeof CONDITIONS)[number]

export interface TemplateTest {
  readonly before: string
  readonly after: string
  readonly line: number
  readonly exception: { readonly type: string; readonly message: string } | null
  readonly column: number | null
}

/** One repair as data: where it fits (`exceptions`, `rule`, `when`), what it writes (`fix`) and proof (`tests`). */
export interface FixTemplate {
  readonly id: string
  /** Imperative, with `$VARS` of the match: "Guard `$OBJ` against None". */
  readonly title: string
  readonly languages: readonly Language[]
  readonly category: TemplateCategory
  readonly exceptions: readonly ExceptionPattern[]
  readonly description: string
  /** An ast-grep rule object and the constraints of its metavariables. */
  readonly rule: Readonly<Record<string, unknown>>
  readonly constraints: Readonly<Record<string, unknown>>
  readonly when: readonly ConditionName[]
  readonly scope: ScopeName
  readonly positions: readonly Position[]
  readonly reaches: readonly Reach[]
  /** Replaces the match inside the scope first; null leaves it as it is. */
  readonly inner: string | null
  /** Replaces the scope: its text is `$EXPR` or `$STMT`. */
  readonly fix: string
  /** Definitions that the fix calls, once in a file: at the top of it, in Java in the class. */
  readonly declares: string | null
  /** Import lines that the fix needs. */
  readonly imports: readonly string[]
  /** Prior probability 0..1 that the repair cures and harms nothing, chosen, moved by outcomes. */
  readonly confidence: number
  readonly drawbacks: readonly string[]
  readonly tests: readonly TemplateTest[]
}

/** Where and on what the program stumbled. */
export interface FaultSite {
  readonly language: Language
  readonly path: string
  readonly text: string
  /** 1-based. */
  readonly line: number
  /** 1-based, where the trace gives it; else null. */
  readonly column: number | null
  /** Null where no exception names the place: then templates are tried by their category. */
  readonly exception: { readonly type: string; readonly message: string } | null
  /** Without an exception: the categories to try, each with the prior of its templates there. */
  readonly categories?: Readonly<Partial<Record<TemplateCategory, number>>>
  /** How long a call may wait where a template has to choose; five seconds where it is not given. */
  readonly timeoutMs?: number
}

/** A template that fits the place but must not be used there, and why. */
export interface TemplateRefusal {
  readonly template: FixTemplate
  readonly title: string
  readonly reason: string
}

/** One way in which one template changes the file. */
export interface TemplateFix {
  readonly template: FixTemplate
  readonly title: string
  readonly newText: string
  /** Where the replacement stands in the new text (before imports are added). */
  readonly at: { readonly start: number; readonly end: number }
  /** What was replaced by what: says the same of the same repair in a file that moved on. */
  readonly replaced: string
  readonly replacement: string
  /** The template's prior times how well the match agrees with the exception. */
  readonly confidence: number
  readonly notes: readonly string[]
}
