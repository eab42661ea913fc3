import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { execa } from 'execa'

/** Files of the built repository; the first is touched by every fifth commit, the others in turn. */
const FILES = 200
const LINES = 300
const FIRST_S = 1_600_000_000
const PERIOD_S = 600

export interface BuiltRepository {
  readonly directory: string
  readonly lastCommitMs: number
}

/**
 * A repository of so many commits, made by `git fast-import`: one file changed in each, every tenth a merge of a branch of one
 * commit, every fiftieth a revert by its words.
 */
export async function buildRepository(directory: string, commits: number): Promise<BuiltRepository> {
  await execa('git', ['init', '--quiet', '--bare', '--initial-branch=main', directory])
  const child = spawn('git', ['fast-import', '--quiet'], {
    cwd: directory,
    stdio: ['pipe', 'inherit', 'inherit'],
  })
  for (const piece of stream(commits)) {
    if (!child.stdin.write(piece)) await once(child.stdin, 'drain')
  }
  child.stdin.end()
  const [code] = (await once(child, 'close')) as [number]
  if (code !== 0) throw new Error(`git fast-import ended with ${code}`)
  return { directory, lastCommitMs: (FIRST_S + commits * PERIOD_S) * 1000 }
}

/** One commit more, so that a fetch brings something. */
export async function addCommit(directory: string, at: number): Promise<void> {
  const input = commitText(at, [`from refs/heads/main^0\n`])
  await execa('git', ['fast-import', '--quiet'], { cwd: directory, input })
}

function* stream(commits: number): Generator<string> {
  yield commitText(
    0,
    Array.from({ length: FILES }, (_, file) => fileText(file, 0)),
  )
  for (let at = 1; at < commits; at += 1) {
    if (at % 10 === 9 && at + 1 < commits) {
      yield commitText(at, [`from refs/heads/main\n`], 'refs/heads/side')
      at += 1
      yield commitText(at, ['merge refs/heads/side\n'])
    } else yield commitText(at, [])
  }
}

function commitText(at: number, first: readonly string[], ref = 'refs/heads/main'): string {
  const message = at % 50 === 0 ? `Revert "change ${at - 1}"` : `change ${at}`
  const head = `commit ${ref}\ncommitter Payments team <payments@shop.example> ${FIRST_S + at * PERIOD_S} +0000\n`
  const changed = at === 0 ? '' : fileText(at % 5 === 0 ? 0 : at % FILES, at)
  return `${head}data ${Buffer.byteLength(message)}\n${message}\n${first.join('')}${changed}\n`
}

/** A Python file of one class with a function of every ten lines; the change stands on one of them, never on the first. */
function fileText(file: number, at: number): string {
  const lines = Array.from({ length: LINES }, (_, line) => {
    if (line === 0) return `class File${file}:`
    if (line % 10 === 1) return `    def step_${line}(self, order):`
    return `        value_${line} = order[${line === 2 + (at % (LINES - 2)) ? at : line}]`
  })
  const text = `${lines.join('\n')}\n`
  return `M 100644 inline ${pathOf(file)}\ndata ${Buffer.byteLength(text)}\n${text}\n`
}

export function pathOf(file: number): string {
  return `payment/part_${Math.floor(file / 20)}/file_${file}.py`
}
