export interface AddedLine {
  readonly line: number
  readonly text: string
}

/** One file of a unified diff. */
export interface ChangedFile {
  readonly path: string
  readonly change: 'added' | 'deleted' | 'modified'
  readonly added: readonly AddedLine[]
  readonly removed: readonly string[]
  readonly binary: boolean
  /** As git writes them ("100644"); null where the diff does not tell. */
  readonly oldMode: string | null
  readonly newMode: string | null
}

interface Draft {
  path: string
  change: ChangedFile['change']
  added: AddedLine[]
  removed: string[]
  binary: boolean
  oldMode: string | null
  newMode: string | null
}

/** The files that a diff of `git diff --no-renames` changes, with the added lines as numbered after the change. */
export function changedFiles(diff: string): readonly ChangedFile[] {
  const files: Draft[] = []
  const lines = diff.split('\n')
  let at = 0
  while (at < lines.length) {
    const line = lines[at] ?? ''
    const current = files.at(-1)
    if (line.startsWith('diff --git ')) files.push(begin(line))
    else if (current !== undefined && line.startsWith('@@ ')) {
      at = readHunk(lines, at, current)
      continue
    } else if (current !== undefined) readHeader(line, current)
    at += 1
  }
  return files
}

function begin(line: string): Draft {
  return {
    path: pathOfHeader(line),
    change: 'modified',
    added: [],
    removed: [],
    binary: false,
    oldMode: null,
    newMode: null,
  }
}

/** Without renames both names are the same, so that the header's second half is the path whatever blanks it holds. */
function pathOfHeader(line: string): string {
  const names = line.slice('diff --git '.length)
  if (names.startsWith('"')) return unquoted(names.slice(names.indexOf('" ') + 2)).replace(/^b\//, '')
  return names.slice(names.length / 2 + 1).replace(/^b\//, '')
}

function readHeader(line: string, file: Draft): void {
  const mode = /^(new file|deleted file|old|new) mode (\d{6})$/.exec(line)
  const index = /^index [0-9a-f]+\.\.[0-9a-f]+ (\d{6})$/.exec(line)
  if (index !== null) file.oldMode = file.newMode = index[1] ?? null
  if (mode !== null) {
    const [, kind, value = null] = mode
    if (kind === 'new file') file.change = 'added'
    if (kind === 'deleted file') file.change = 'deleted'
    if (kind === 'new file' || kind === 'new') file.newMode = value
    else file.oldMode = value
  }
  if (/^(Binary files .* differ|GIT binary patch)$/.test(line)) file.binary = true
}

/** Reads as many lines as the hunk's header announces: a line of the file that looks like a header is none. */
function readHunk(lines: readonly string[], start: number, file: Draft): number {
  const header = /^@@ -\d+(?:,(\d+))? \+(\d+)(?:,(\d+))? @@/.exec(lines[start] ?? '')
  if (header === null) return start + 1
  let oldLeft = Number(header[1] ?? 1)
  let newLeft = Number(header[3] ?? 1)
  let line = Number(header[2])
  let at = start + 1
  for (; at < lines.length && (oldLeft > 0 || newLeft > 0); at += 1) {
    const text = lines[at] ?? ''
    if (text.startsWith('\\')) continue
    if (text.startsWith('-')) {
      file.removed.push(text.slice(1))
      oldLeft -= 1
    } else {
      if (text.startsWith('+')) file.added.push({ line, text: text.slice(1) })
      else oldLeft -= 1
      newLeft -= 1
      line += 1
    }
  }
  return at
}

/** Git's C-style quoting of unusual paths. */
function unquoted(text: string): string {
  const bytes: number[] = []
  const body = text.replace(/^"|"$/g, '')
  for (let at = 0; at < body.length; at += 1) {
    const char = body.charAt(at)
    const octal = char === '\\' ? /^\\([0-7]{3})/.exec(body.slice(at, at + 4)) : null
    if (octal !== null) {
      bytes.push(Number.parseInt(octal[1] ?? '0', 8))
      at += 3
    } else if (char === '\\') {
      at += 1
      bytes.push(...Buffer.from(ESCAPES[body.charAt(at)] ?? body.charAt(at)))
    } else bytes.push(...Buffer.from(char))
  }
  return Buffer.from(bytes).toString('utf8')
}

const ESCAPES: Readonly<Record<string, string>> = {
  n: '\n',
  t: '\t',
  r: '\r',
  a: '\x07',
  b: '\b',
  f: '\f',
  v: '\v',
}

const TEST_PATH =
  /(?:^|\/)(?:tests?|__tests__|spec|testing|testdata)\/|(?:^|\/)(?:test_[^/]*|conftest)\.py$|_test\.(?:py|go)$|[.-](?:test|spec)\.[cm]?[jt]sx?$|(?:Test|Tests|IT|TestCase)\.java$|(?:^|\/)test\.[cm]?[jt]s$/

/** Whether a path is a test by the conventions of the languages that are read. */
export function isTestFile(path: string): boolean {
  return TEST_PATH.test(path)
}
