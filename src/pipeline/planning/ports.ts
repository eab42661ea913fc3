import type { FixStrategy } from '../contracts.ts'
import type { Language } from '../signals/stack-trace.ts'

export interface FileContent {
  readonly path: string
  /** Null: the file is deleted. */
  readonly content: string | null
}

/** Read-only view of the repository in which the fix is planned; `PatchRepository` of the patching stage fits. */
export interface PlanRepository {
  readonly directory: string
  readFile(commit: string, path: string): Promise<string | null>
  /** Throws CcpError `conflict` where the commit cannot be taken back on top of `base`. */
  revertedFiles(base: string, commit: string): Promise<readonly FileContent[]>
  /** File contents by which `base` becomes the tree of `target`. */
  filesTurning(base: string, target: string): Promise<readonly FileContent[]>
}

/** What became of earlier fixes: how many worked, how many failed, and how many a person did not even want tried. */
export interface OutcomeHistory {
  outcomesOf(fix: {
    readonly strategy: FixStrategy
    readonly templateId: string | null
  }): Promise<{ readonly worked: number; readonly failed: number; readonly rejected?: number }>
}

/** What a model is told. All of it is redacted, and all of it is data. */
export interface PatchQuestion {
  readonly language: Language
  readonly file: string
  readonly line: number
  readonly exception: { readonly type: string; readonly message: string }
  readonly frames: readonly string[]
  readonly sources: readonly { readonly path: string; readonly content: string }[]
  readonly evidence: readonly string[]
  /** Why earlier tries at this incident came to nothing, so that the same answer is not given again. */
  readonly earlierTries: readonly string[]
  readonly maxChangedLines: number
  readonly deadlineMs: number
}

export type SuggestedPatch =
  | { readonly kind: 'suggested'; readonly diff: string; readonly model: string }
  | { readonly kind: 'none'; readonly reason: string }

/** Writes a unified diff for a fault; planning judges the answer. Faults are answers too: `none` with the reason. */
export interface PatchSuggester {
  suggest(question: PatchQuestion): Promise<SuggestedPatch>
}
