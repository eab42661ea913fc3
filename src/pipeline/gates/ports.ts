import type { Finding } from '../contracts.ts'
import type { ServiceDefinition } from '../services.ts'
import type { GateSettings } from './settings.ts'

export interface SourceFile {
  readonly path: string
  readonly text: string
}

/** The regular files of one commit, written into a private directory that nothing else changes. */
export interface Checkout {
  readonly directory: string
  /** Paths of regular files, relative, with `/`; links and submodules are left out. */
  readonly files: readonly string[]
  /** Null where the commit has no such regular file, or it is no UTF-8 text. */
  readFile(path: string): Promise<string | null>
  remove(): Promise<void>
}

/** What a commit changes over its base, as git knows it. */
export interface CommitChange {
  /** `git diff --no-renames`, prefixes a/ and b/. */
  readonly diff: string
  readonly message: string
}

export interface Checkouts {
  /** `extraFiles` are written over those of the commit. Throws CcpError `not-found`, or `bad-input` for what cannot be checked out safely. */
  checkout(repository: string, commit: string, extraFiles?: readonly SourceFile[]): Promise<Checkout>
  change(repository: string, base: string, commit: string): Promise<CommitChange>
}

export interface SandboxLimits {
  readonly wallMs: number
  /** Seconds of processor time for each process. */
  readonly cpuSeconds: number
  readonly processes: number
  /** Resident memory of all processes together. */
  readonly memoryMiB: number
  /** What may be written beside the checkout itself, all files together. */
  readonly diskMiB: number
  /** Standard output and standard error together. */
  readonly outputKiB: number
}

export interface SandboxRequest {
  /** Its contents are copied into the sandbox as `/checkout`; the directory itself is never written to. */
  readonly directory: string
  /** Directory inside the checkout in which the command starts; '' is its root. */
  readonly workingDirectory: string
  readonly command: readonly string[]
  readonly environment: Readonly<Record<string, string>>
  readonly limits: SandboxLimits
}

export type SandboxRun =
  | {
      readonly kind: 'exited'
      readonly exitCode: number
      readonly stdout: string
      readonly stderr: string
      readonly durationMs: number
    }
  /** A limit ended it. */
  | {
      readonly kind: 'stopped'
      readonly by: 'wall-time' | 'memory' | 'processes' | 'output' | 'disk'
      readonly detail: string
      readonly stdout: string
      readonly stderr: string
      readonly durationMs: number
    }
  /** It was not started: what is missing and how to mend it. */
  | { readonly kind: 'unavailable'; readonly reason: string; readonly mend: string }

/** A place where foreign code runs: no network but its own loopback, no secrets, nothing to write to but its copy. */
export interface Sandbox {
  run(request: SandboxRequest): Promise<SandboxRun>
  /** "bubblewrap 0.8.0", or the exception that the configuration names. */
  describe(): Promise<string>
}

/** `critical`: lets input become code, a command, a query, a path or an object. */
export type Severity = 'critical' | 'error' | 'warning'

export interface RawFinding extends Finding {
  readonly severity: Severity
}

export type Analysis =
  | { readonly kind: 'analysed'; readonly findings: readonly RawFinding[]; readonly tool: string }
  | { readonly kind: 'unavailable'; readonly reason: string; readonly mend: string }

export interface AnalysisTask {
  readonly checkout: Checkout
  /** Only files that the analyser handles, never empty. */
  readonly files: readonly SourceFile[]
}

/** One tool for some files. It answers `unavailable` or throws where it cannot tell: the gate is then blocked. */
export interface Analyser {
  readonly name: string
  readonly gate: 'syntax' | 'lint' | 'static-analysis'
  handles(path: string): boolean
  analyse(task: AnalysisTask): Promise<Analysis>
}

/** Finds credentials in a text. */
export interface SecretScanner {
  readonly name: string
  scan(file: SourceFile): Promise<readonly Finding[]>
}

/** The code that a patch of the configuration is deployed with: its tests are run with both. */
export interface CodeBeside {
  readonly repository: string
  readonly commit: string
  /** Null where the files show how it is tested. */
  readonly testCommand: readonly string[] | null
  /** The service's file in the repository of the configuration. */
  readonly configPath: string
}

export interface GateDeps {
  readonly checkouts: Checkouts
  readonly sandbox: Sandbox
  readonly analysers: readonly Analyser[]
  readonly secretScanner: SecretScanner
  readonly settings: GateSettings
  /** For a patch of the configuration: with that repository's branch, tests and protected paths. */
  readonly service: ServiceDefinition
  /** Present for a patch of the configuration. */
  readonly code?: CodeBeside
  /** How many services call this one, directly or through others. */
  readonly dependents: number
  /** Confidence of the fix, 0..1, and where it comes from. */
  readonly confidence: number
  readonly confidenceBasis: string
  /** Epoch milliseconds. */
  readonly nowMs: () => number
}
