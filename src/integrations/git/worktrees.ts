import { isUtf8 } from 'node:buffer'
import { chmod, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join, normalize } from 'node:path'
import { CcpError } from '../../pipeline/errors.ts'
import type { Checkout, Checkouts, CommitChange, SourceFile } from '../../pipeline/gates/ports.ts'
import { gitText, runGit } from './git.ts'
import { assertRepositoryPath, resolveCommit } from './revisions.ts'

interface Entry {
  readonly mode: string
  readonly blob: string
  readonly size: number
  readonly path: string
}

interface Blob {
  readonly entry: Entry
  readonly bytes: Buffer
}

const MAX_FILES = 100_000
const MAX_BYTES = 1024 * 1024 * 1024
const BATCH_BYTES = 32 * 1024 * 1024
const MAX_TEXT_BYTES = 8 * 1024 * 1024
const GIT_TIMEOUT_MS = 120_000
const LINK = '120000'
const SUBMODULE = '160000'

/**
 * Writes the files of a commit from its blobs into a private directory: no attribute filters, no hooks, no submodules, and
 * nothing that `.gitattributes` leaves out of an archive, such as tests. Links that lead out of the tree are refused.
 */
export class GitCheckouts implements Checkouts {
  readonly #root: string

  /** Checkouts are made in `root`, by default the system's directory for temporary files. */
  constructor(root: string = tmpdir()) {
    this.#root = root
  }

  async checkout(
    repository: string,
    commit: string,
    extraFiles: readonly SourceFile[] = [],
  ): Promise<Checkout> {
    const entries = await entriesOf(repository, await resolveCommit(repository, commit))
    const directory = await mkdtemp(join(this.#root, 'ccp-checkout-'))
    try {
      await writeEntries(repository, entries, directory)
      for (const { path, text } of extraFiles) await writeInside(directory, assertRepositoryPath(path), text)
    } catch (thrown) {
      await rm(directory, { recursive: true, force: true })
      throw thrown
    }
    const tracked = entries.filter(({ mode }) => mode !== LINK).map(({ path }) => path)
    const files = [...new Set([...tracked, ...extraFiles.map(({ path }) => path)])]
    return openCheckout(directory, files)
  }

  async change(repository: string, base: string, commit: string): Promise<CommitChange> {
    const revisions = [await resolveCommit(repository, base), await resolveCommit(repository, commit)]
    const form = [
      '--no-color',
      '--no-ext-diff',
      '--no-textconv',
      '--no-renames',
      '--src-prefix=a/',
      '--dst-prefix=b/',
    ]
    const [diff, message] = await Promise.all([
      gitText(repository, ['diff', ...form, '--diff-algorithm=histogram', ...revisions, '--']),
      gitText(repository, ['log', '-1', '--format=%B', revisions[1] ?? '', '--']),
    ])
    return { diff, message }
  }
}

function openCheckout(directory: string, files: readonly string[]): Checkout {
  const known = new Set(files)
  return {
    directory,
    files,
    async readFile(path) {
      if (!known.has(path)) return null
      const bytes = await readFile(join(directory, path))
      return bytes.length <= MAX_TEXT_BYTES && isUtf8(bytes) && !bytes.includes(0)
        ? bytes.toString('utf8')
        : null
    },
    remove: () => rm(directory, { recursive: true, force: true }),
  }
}

async function entriesOf(repository: string, commit: string): Promise<readonly Entry[]> {
  const text = await gitText(repository, ['ls-tree', '-r', '-z', '-l', '--full-tree', commit], {
    timeoutMs: GIT_TIMEOUT_MS,
  })
  const entries = text.split('\0').flatMap((line) => {
    const [, mode = '', blob = '', size = '', path = ''] =
      /^(\d{6}) \w+ ([0-9a-f]+) +(\d+|-)\t(.*)$/s.exec(line) ?? []
    return path === '' || mode === SUBMODULE
      ? []
      : [{ mode, blob, size: Number(size), path: assertRepositoryPath(path) }]
  })
  const bytes = entries.reduce((sum, { size }) => sum + size, 0)
  if (entries.length <= MAX_FILES && bytes <= MAX_BYTES) return entries
  throw new CcpError(
    'bad-input',
    `${repository} is too large to check out: ${entries.length} files, ${bytes} bytes`,
    {
      mend: `Up to ${MAX_FILES} files and ${MAX_BYTES} bytes are checked out; run the gates where the repository is smaller.`,
    },
  )
}

/** In portions, so that a large repository is never in memory as a whole. */
async function writeEntries(repository: string, entries: readonly Entry[], directory: string): Promise<void> {
  const directories = new Set(entries.map(({ path }) => dirname(path)))
  for (const path of directories) await mkdir(join(directory, path), { recursive: true })
  const links: Blob[] = []
  for (const portion of portions(entries)) {
    const blobs = await readBlobs(repository, portion)
    links.push(...blobs.filter(({ entry }) => entry.mode === LINK))
    const regular = blobs.filter(({ entry }) => entry.mode !== LINK)
    await Promise.all(regular.map((blob) => writeBlob(blob, directory)))
  }
  // Links come last: until then no path of the tree can lead through one.
  for (const link of links) await writeLink(link, directory)
}

function* portions(entries: readonly Entry[]): Generator<readonly Entry[]> {
  let portion: Entry[] = []
  let bytes = 0
  for (const entry of entries) {
    if (portion.length >= 2_000 || (portion.length > 0 && bytes + entry.size > BATCH_BYTES)) {
      yield portion
      portion = []
      bytes = 0
    }
    portion.push(entry)
    bytes += entry.size
  }
  if (portion.length > 0) yield portion
}

async function readBlobs(repository: string, entries: readonly Entry[]): Promise<readonly Blob[]> {
  const input = entries.map(({ blob }) => `${blob}\n`).join('')
  const { stdout } = await runGit(repository, ['cat-file', '--batch'], {
    input,
    maxBytes: MAX_BYTES + BATCH_BYTES,
    timeoutMs: GIT_TIMEOUT_MS,
  })
  let at = 0
  return entries.map((entry) => {
    const end = stdout.indexOf(10, at)
    const [, kind, size] = stdout.toString('latin1', at, end).split(' ')
    if (kind !== 'blob') throw new CcpError('corrupt', `${repository} lacks the content of ${entry.path}`)
    const bytes = stdout.subarray(end + 1, end + 1 + Number(size))
    at = end + 1 + Number(size) + 1
    return { entry, bytes }
  })
}

async function writeBlob({ entry, bytes }: Blob, directory: string): Promise<void> {
  const path = join(directory, entry.path)
  await writeFile(path, bytes, { flag: 'wx' })
  if (entry.mode === '100755') await chmod(path, 0o755)
}

async function writeLink({ entry, bytes }: Blob, directory: string): Promise<void> {
  const target = bytes.toString('utf8')
  const resolved = normalize(join(dirname(entry.path), target))
  if (target.startsWith('/') || resolved === '..' || resolved.startsWith('../')) {
    throw new CcpError(
      'bad-input',
      `${entry.path} is a link out of the repository (to ${target.slice(0, 200)})`,
      {
        mend: 'Remove the link, or make it lead to a file of the repository.',
      },
    )
  }
  await symlink(target, join(directory, entry.path))
}

async function writeInside(directory: string, path: string, text: string): Promise<void> {
  await mkdir(dirname(join(directory, path)), { recursive: true })
  await writeFile(join(directory, path), text)
}
