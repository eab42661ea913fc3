import type { RawFinding } from './ports.ts'

type Texts = ReadonlyMap<string, string>

/**
 * The findings that the patched tree has and the base has not. A finding is known by file, rule and the text of its line
 * without blanks, counted: a second equal one is new. One whose line was changed is matched by file, rule and message with
 * a finding of the base that vanished, for the patch then kept it and did not add it.
 */
export function newFindings(
  base: { readonly findings: readonly RawFinding[]; readonly texts: Texts },
  patched: { readonly findings: readonly RawFinding[]; readonly texts: Texts },
): readonly RawFinding[] {
  const byText = unmatched(base.findings, patched.findings, (finding, side) =>
    lineKey(finding, side === 'base' ? base.texts : patched.texts),
  )
  return unmatched(byText.base, byText.patched, messageKey).patched
}

function unmatched(
  base: readonly RawFinding[],
  patched: readonly RawFinding[],
  keyOf: (finding: RawFinding, side: 'base' | 'patched') => string,
): { base: readonly RawFinding[]; patched: readonly RawFinding[] } {
  const known = new Map<string, RawFinding[]>()
  for (const finding of base) {
    const key = keyOf(finding, 'base')
    known.set(key, [...(known.get(key) ?? []), finding])
  }
  const added = patched.filter((finding) => known.get(keyOf(finding, 'patched'))?.shift() === undefined)
  return { base: [...known.values()].flat(), patched: added }
}

function lineKey(finding: RawFinding, texts: Texts): string {
  const text = texts.get(finding.file ?? '')?.split('\n')[(finding.line ?? 0) - 1] ?? ''
  return JSON.stringify([finding.file, finding.rule, text.replace(/\s+/g, '')])
}

/** Numbers in a message are mostly positions. */
function messageKey(finding: RawFinding): string {
  return JSON.stringify([finding.file, finding.rule, finding.message.replace(/\d+/g, '#')])
}
