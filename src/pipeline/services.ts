import type { Language } from './signals/stack-trace.ts'

export type Criticality = 'low' | 'medium' | 'high'

/** Configuration that lives in a git repository of its own: a release is then a pair of a code and a configuration commit. */
export interface ConfigSource {
  /** Directory or URL that git can clone. */
  readonly repository: string
  readonly branch: string
  /** The service's file in it; a release finds its copy by the environment variable CONFIG_FILE. */
  readonly path: string
  /** Argument vector, run in the root of a checkout; null where the files show how it is tested. */
  readonly testCommand: readonly string[] | null
  readonly protectedPaths: readonly string[]
}

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
  /** Absent where the service has no configuration of its own, or keeps it beside its code. */
  readonly config?: ConfigSource
  readonly healthPath: string
  /** Service-level objective, by which full deployment is judged. */
  readonly objective: { readonly errorRatio: number; readonly latencyP95Ms: number | null }
  /** Paths (picomatch globs) that no machine-made patch may touch, beside the global ones. */
  readonly protectedPaths: readonly string[]
}

/** A repository that git can clone, and whose it is. */
export type RepositorySource = Pick<ServiceDefinition, 'name' | 'repository' | 'branch'>

/** The repository of a service's configuration, named so that messages say so; null where it has none. */
export function configRepositoryOf({ name, config }: ServiceDefinition): RepositorySource | null {
  if (config === undefined) return null
  return { name: `${name} (its configuration)`, repository: config.repository, branch: config.branch }
}
