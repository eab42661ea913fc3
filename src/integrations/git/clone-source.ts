import { access } from 'node:fs/promises'
import { isAbsolute, resolve } from 'node:path'
import { CcpError } from '../../pipeline/errors.ts'
import { withoutCredentials } from './git.ts'
import { assertRepository } from './revisions.ts'
import type { RepositorySource } from '../../pipeline/services.ts'

const REMOTE_URL = /^(?:[a-z][a-z0-9+]*:\/\/|[\w.-]+@[\w.-]+:)/i
const LOCAL_URL = /^file:\/\//i

/** What git is told to fetch from. */
export function sourceOf(service: RepositorySource): string {
  return isLocal(service.repository) ? localPath(service.repository) : service.repository
}

export function isLocal(repository: string): boolean {
  return LOCAL_URL.test(repository) || !REMOTE_URL.test(repository)
}

export function localPath(repository: string): string {
  const path = repository.replace(LOCAL_URL, '')
  return isAbsolute(path) ? path : resolve(path)
}

/** Throws CcpError `bad-config` for what git could take as an option or a command. */
export function assertClonable(service: RepositorySource): void {
  if (/^-|^[a-z]+::/i.test(service.repository))
    throw new CcpError('bad-config', `${nameOf(service)} is no directory or URL that may be cloned`)
}

/** A local repository must be there; of another the fetch itself tells. Throws CcpError `not-found`. */
export async function assertReachable(service: RepositorySource): Promise<void> {
  if (!isLocal(service.repository)) return
  const path = localPath(service.repository)
  if (await exists(path)) return assertRepository(path, `the repository of service ${service.name}`)
  throw new CcpError(
    'not-found',
    `the repository of service ${service.name} is missing: there is no ${path}`,
    {
      mend: 'Correct `repository` of the service in services.yaml, or clone the repository there.',
    },
  )
}

export function remoteFault(service: RepositorySource, said: string): CcpError {
  const text = `${nameOf(service)} cannot be reached: ${shortened(said)}`
  if (/authentication|permission denied|could not read (?:username|password)|access denied|403/i.test(said))
    return new CcpError('unauthorised', text, { mend: 'Give the bot a deploy key or a URL with a token.' })
  if (/not found|does not exist|does not appear to be a git repository/i.test(said))
    return new CcpError('not-found', text, { mend: 'Correct `repository` of the service in services.yaml.' })
  return new CcpError('unavailable', text)
}

export function nameOf(service: RepositorySource): string {
  return `the repository of service ${service.name} (${withoutCredentials(service.repository)})`
}

/** What git says is wrong, without the advice that it adds. */
export function shortened(text: string): string {
  const lines = withoutCredentials(text).trim().split('\n')
  const faults = lines.filter((line) => /^(?:fatal|error|remote): ?\S/.test(line))
  return (faults.length > 0 ? faults : lines).slice(-3).join(' / ').slice(0, 400)
}

export function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  )
}
