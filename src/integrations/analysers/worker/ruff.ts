import { PositionEncoding, Workspace } from '@astral-sh/ruff-wasm-nodejs'
import type { RawFinding, Severity, SourceFile } from '../../../pipeline/gates/ports.ts'
import type { WorkerAnswer } from './protocol.ts'

type Mode = 'ruff-syntax' | 'ruff-lint' | 'ruff-security'

interface RuffDiagnostic {
  readonly code: string | null
  readonly message: string
  readonly start_location: { readonly row: number }
}

const SELECTED: Readonly<Record<Mode, readonly string[]>> = {
  'ruff-syntax': ['E9'],
  'ruff-lint': ['F', 'B', 'E9', 'E7', 'PLE', 'ASYNC1', 'W605'],
  'ruff-security': ['S'],
}
/** Matters of taste, on which correct code written by people differs. */
const LEFT_OUT: Readonly<Record<Mode, readonly string[]>> = {
  'ruff-syntax': [],
  'ruff-lint': ['B904', 'B008', 'B028', 'B905', 'B911', 'B007', 'E701', 'E702', 'E703', 'E731', 'E741'],
  'ruff-security': [
    'S101',
    'S104',
    'S105',
    'S106',
    'S107',
    'S110',
    'S112',
    'S113',
    'S311',
    'S404',
    'S603',
    'S606',
    'S607',
  ],
}
/** Rules by which input becomes code, a command, a query, an object, or a protection is taken away. */
const CRITICAL = /^S(?:102|103|201|202|30[1237]|306|323|50[0-9]|60[2459]|608|61[0-2]|70[0-4])$/

const workspaces = new Map<Mode, Workspace>()

/** Runs ruff's rules of one kind. Comments that switch rules off are not heard: a patch must not excuse itself. */
export function runRuff(mode: Mode, files: readonly SourceFile[]): WorkerAnswer {
  const findings = files.flatMap((file) => check(mode, file))
  return { findings, version: `ruff ${Workspace.version()}` }
}

function check(mode: Mode, { path, text }: SourceFile): readonly RawFinding[] {
  const heard = text.replace(/#(\s*)noqa/gi, '#$1n0qa').replace(/#(\s*)ruff:/gi, '#$1ruff_')
  const diagnostics = workspaceOf(mode).check(heard) as readonly RuffDiagnostic[]
  return diagnostics.flatMap(({ code, message, start_location }) => {
    const isSyntax = code === null || code === 'invalid-syntax'
    // What does not parse is the syntax gate's matter; the other rules then see half a file.
    if (isSyntax !== (mode === 'ruff-syntax')) return []
    const rule = isSyntax ? 'syntax-error' : code
    return [{ file: path, line: start_location.row, rule, message, severity: severityOf(mode, rule) }]
  })
}

function severityOf(mode: Mode, rule: string): Severity {
  if (mode === 'ruff-security') return CRITICAL.test(rule) ? 'critical' : 'warning'
  return 'error'
}

function workspaceOf(mode: Mode): Workspace {
  const known = workspaces.get(mode)
  if (known !== undefined) return known
  const options = {
    'target-version': 'py314',
    lint: { select: SELECTED[mode], ignore: LEFT_OUT[mode], preview: false },
  }
  const workspace = new Workspace(options, PositionEncoding.Utf16)
  workspaces.set(mode, workspace)
  return workspace
}
