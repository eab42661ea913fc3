/** Draws the machine's tables into docs/architecture.md; `--check` only says whether the drawing is still true. */
import { readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { INCIDENT_TABLE, ROLLOUT_TABLE, type Row } from '../src/pipeline/machine.ts'

const DOCUMENT = fileURLToPath(new URL('../docs/architecture.md', import.meta.url))

/** A Mermaid state diagram with one arrow for each row; rows from many states get one arrow from a common box. */
export function drawTable<S extends string>(table: readonly Row<S>[], first: S, ends: readonly S[]): string {
  const shown = table.filter((row) => !(row.from === row.to && row.on === 'escalated'))
  const arrows = shown.flatMap((row) => sources(row).map((from) => `  ${from} --> ${row.to}: ${label(row)}`))
  if (shown.some((row) => sources(row)[0] === MANY))
    arrows.unshift(`  state "any state before the end" as ${MANY}`)
  return [
    'stateDiagram-v2',
    `  [*] --> ${first}`,
    ...new Set(arrows),
    ...ends.map((end) => `  ${end} --> [*]`),
  ].join('\n')
}

const MANY = 'ANY'

function sources<S extends string>(row: Row<S>): readonly string[] {
  const from = [row.from].flat() as S[]
  return from.length > 4 ? [MANY] : from
}

function label<S extends string>(row: Row<S>): string {
  return row.when === undefined ? row.on : `${row.on} [${row.when[0]}]`
}

/** The document with both drawings put between their markers. */
export function withDrawings(text: string): string {
  const incident = drawTable(INCIDENT_TABLE, 'DETECTED', ['RESOLVED', 'CLOSED'])
  const rollout = drawTable(ROLLOUT_TABLE, 'IDLE', ['SUCCESS', 'ROLLBACK'])
  return between(between(text, 'incident', incident), 'rollout', rollout)
}

function between(text: string, name: string, drawing: string): string {
  const [open, close] = [`<!-- machine:${name} -->`, `<!-- /machine:${name} -->`]
  const start = text.indexOf(open)
  const end = text.indexOf(close)
  if (start < 0 || end < start) throw new Error(`docs/architecture.md lacks the markers ${open} and ${close}`)
  return `${text.slice(0, start + open.length)}\n\n\`\`\`mermaid\n${drawing}\n\`\`\`\n\n${text.slice(end)}`
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const before = readFileSync(DOCUMENT, 'utf8')
  const after = withDrawings(before)
  if (process.argv.includes('--check')) {
    if (before !== after) {
      console.error(
        'docs/architecture.md no longer shows the machine: run `npm run docs` and commit the result',
      )
      process.exitCode = 1
    }
  } else writeFileSync(DOCUMENT, after)
}
