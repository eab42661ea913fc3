import type { Analysis, SandboxRun } from '../../pipeline/gates/ports.ts'

/** What a compiler printed, by the directory in which it was run. */
export type ToolRun =
  | { readonly kind: 'ran'; readonly outputs: readonly { readonly home: string; readonly text: string }[] }
  | { readonly kind: 'failed'; readonly analysis: Analysis }

/** A tool that is missing, was stopped or answered nothing that can be read has not told whether the code is sound. */
export function gaveUp(run: SandboxRun, mend: string): Analysis {
  if (run.kind === 'unavailable') return run
  if (run.kind === 'stopped')
    return { kind: 'unavailable', reason: run.detail, mend: 'raise the limits in safety-gates.yaml' }
  const said =
    `${run.stderr}\n${run.stdout}`
      .split('\n')
      .filter((line) => line.trim() !== '')
      .at(-1) ?? 'no output'
  return { kind: 'unavailable', reason: `exit code ${run.exitCode}: ${said.slice(0, 300)}`, mend }
}
