import type { RawFinding, SourceFile } from '../../../pipeline/gates/ports.ts'

/** What the analysis thread can be asked. All but `types` need the texts alone. */
export type WorkerJob =
  | { readonly tool: 'ruff-syntax' | 'ruff-lint' | 'ruff-security'; readonly files: readonly SourceFile[] }
  | {
      readonly tool: 'oxc' | 'eslint' | 'eslint-security' | 'data-syntax' | 'data-lint'
      readonly files: readonly SourceFile[]
    }
  | { readonly tool: 'types'; readonly directory: string; readonly files: readonly SourceFile[] }

export interface WorkerRequest {
  readonly id: number
  readonly job: WorkerJob
}

export type WorkerReply =
  | { readonly id: number; readonly findings: readonly RawFinding[]; readonly version: string }
  | { readonly id: number; readonly error: string }

export interface WorkerAnswer {
  readonly findings: readonly RawFinding[]
  readonly version: string
}
