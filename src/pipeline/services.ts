import type { Language } from './signals/stack-trace.ts'

export type Criticality = 'low' | 'medium' | 'high'

/** One service as `config/services.yaml` describes it. */
export interface ServiceDefinition {
  readonly name: string
  /** Directory or URL that git can clone. */
  readonly repository: string
  readonly branch: string
  readonly language: Language
  /** Services that it calls. */
  readonly dependsOn: readonly string[]
  readonly criticality: Criticality
  readonly pagerdutyServiceIds: readonly string[]
  /** Prefixes under which the code lives where it runs ("/app"), stripped from stack frames. */
  readonly codeRoots: readonly string[]
  /** Argument vectors, run in the root of a checkout; null where there are none. */
  readonly testCommand: readonly string[] | null
  /** Starts the service, which must listen on the port in the environment variable PORT. */
  readonly startCommand: readonly string[] | null
  readonly environment: Readonly<Record<string, string>>
  readonly healthPath: string
  /** Service-level objective, by which full deployment is judged. */
  readonly objective: { readonly errorRatio: number; readonly latencyP95Ms: number | null }
  /** Paths (picomatch globs) that no machine-made patch may touch, beside the global ones. */
  readonly protectedPaths: readonly string[]
}
