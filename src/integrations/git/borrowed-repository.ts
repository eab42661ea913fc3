import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gitText, runGit } from './git.ts'
import { assertRepository } from './revisions.ts'

/** A repository to throw away: it reads the objects of another and keeps what is written to it to itself. */
export interface BorrowedRepository {
  readonly directory: string
  remove(): Promise<void>
}

/** Has every commit of `original` and none of its branches. Throws CcpError `not-found` where that is no repository. */
export async function borrowRepository(original: string): Promise<BorrowedRepository> {
  await assertRepository(original, 'the repository to borrow from')
  const ask = ['rev-parse', '--path-format=absolute', '--git-path', 'objects', '--show-object-format']
  const [objects = '', format = 'sha1'] = (await gitText(original, ask)).split('\n')
  const scratch = await mkdtemp(join(tmpdir(), 'ccp-borrowed-'))
  const directory = join(scratch, 'repository.git')
  await borrow(objects, format, directory)
  return { directory, remove: () => rm(scratch, { recursive: true, force: true }) }
}

/** Makes an empty bare repository that finds its objects in that folder as well. */
export async function borrow(objects: string, format: string, repository: string): Promise<void> {
  const init = ['init', '--quiet', '--bare', '--template=', `--object-format=${format}`, repository]
  await runGit(join(repository, '..'), init)
  await mkdir(join(repository, 'objects', 'info'), { recursive: true })
  await writeFile(join(repository, 'objects', 'info', 'alternates'), `${objects}\n`)
}
