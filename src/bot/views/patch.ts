import type { Patch } from '../../pipeline/contracts.ts'
import { shownDiff } from '../../pipeline/shown-diff.ts'
import { actions, context, section } from './blocks.ts'
import { lookButtons } from './buttons.ts'
import { desiredMessage, type DesiredMessage } from './desired-message.ts'
import type { Scene } from './scene.ts'
import { code, codeBlock, line, plural } from './text.ts'

const FILES_SHOWN = 10

/** The change of the product's code or configuration; its regression test in one line, and the whole behind a button. */
export function patchMessage(scene: Scene, patch: Patch): DesiredMessage {
  const change = changedLines(patch)
  return desiredMessage({
    key: 'patch',
    summary: `Fix written: ${line(patch.title)}`,
    blocks: [
      section(`*${line(patch.title, 300)}*\n${filesText(patch)}`),
      ...(change.length === 0 ? [] : [section(codeBlock(change))]),
      ...context(testText(patch), branchText(patch)),
      ...actions(lookButtons(scene).filter((button) => button.action_id === 'showDiff')),
    ],
  })
}

/** The hunks of every file but the generated test; git's own headers say nothing that is not above them. */
function changedLines(patch: Patch): readonly string[] {
  const files = shownDiff(patch)
    .trimEnd()
    .split(/^(?=diff --git )/m)
    .filter((file) => file.trim() !== '' && !isTest(patch, pathOf(file)))
  return files.flatMap((file) => {
    const lines = file.trimEnd().split('\n')
    const hunk = lines.findIndex((each) => each.startsWith('@@'))
    const body = hunk === -1 ? lines : lines.slice(hunk)
    return files.length === 1 ? body : [`${pathOf(file)}:`, ...body]
  })
}

function pathOf(file: string): string {
  return /^diff --git \S+ b\/(\S+)/.exec(file)?.[1] ?? ''
}

function isTest({ regressionTest }: Patch, path: string): boolean {
  return regressionTest.kind === 'generated' && regressionTest.path === path
}

function filesText(patch: Patch): string {
  const files = patch.files.filter(({ path }) => !isTest(patch, path))
  if (patch.files.length === 0) return 'No file changes: traffic goes back to a version that ran before.'
  const lines = files
    .slice(0, FILES_SHOWN)
    .map((file) => `${code(file.path)} +${file.added} −${file.removed}`)
  const left = files.length - FILES_SHOWN
  return [...lines, ...(left > 0 ? [`and ${plural(left, 'more file')}`] : [])].join('\n')
}

function testText({ regressionTest, files }: Patch): string {
  if (regressionTest.kind === 'none') return `No regression test: ${line(regressionTest.reason)}`
  const added = files.find(({ path }) => path === regressionTest.path)?.added ?? 0
  return `🧪 Regression test ${code(regressionTest.path)} (+${added}): ${line(regressionTest.describes)}`
}

function branchText({ branch, commit, baseCommit, pair }: Patch): string {
  const where = pair?.part === 'config' ? ' of the configuration' : ''
  return `Branch ${code(branch)}${where}, commit ${code(commit.slice(0, 10))} on top of ${code(baseCommit.slice(0, 10))}`
}
