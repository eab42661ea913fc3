import { readdirSync, readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { CcpError } from '../../pipeline/errors.ts'

/** A process that a later process with the same pid is never mistaken for. */
export interface ProcessIdentity {
  readonly pid: number
  /** When the kernel started it, in clock ticks since boot. */
  readonly startTicks: string
}

/** The environment variable by which a release is found again, even by a bot that died before it wrote down the pid. */
export const MARKER = 'CCP_RELEASE'

/** The process behind a pid; null where there is none or it has ended and nobody has collected it. */
export function identify(pid: number): ProcessIdentity | null {
  const fields = statOf(pid)
  if (fields === null || fields.state === 'Z' || fields.state === 'X') return null
  return { pid, startTicks: fields.startTicks }
}

export function isAlive(identity: ProcessIdentity): boolean {
  return identify(identity.pid)?.startTicks === identity.startTicks
}

/** Leaders of sessions whose environment carries the marker: releases started detached, without their children. */
export function findMarked(marker: string): readonly ProcessIdentity[] {
  const wanted = `${MARKER}=${marker}`
  return pids().flatMap((pid) => {
    if (statOf(pid)?.session !== pid || !environmentOf(pid).includes(wanted)) return []
    return identify(pid) ?? []
  })
}

/** SIGTERM to the whole group, SIGKILL after `graceMs`; resolves when it is gone. */
export async function endGroup(identity: ProcessIdentity, graceMs: number): Promise<void> {
  signalGroup(identity, 'SIGTERM')
  if (await isGone(identity, graceMs)) return
  signalGroup(identity, 'SIGKILL')
  if (await isGone(identity, 5_000)) return
  throw new CcpError('unavailable', `process ${identity.pid} does not end, not even by SIGKILL`, {
    mend: 'look at what it waits for (state D in ps)',
  })
}

function signalGroup(identity: ProcessIdentity, signal: NodeJS.Signals): void {
  if (!isAlive(identity)) return
  try {
    process.kill(-identity.pid, signal)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error // ended in between
  }
}

const POLL_MS = 20

async function isGone(identity: ProcessIdentity, withinMs: number): Promise<boolean> {
  const giveUp = performance.now() + withinMs
  while (isAlive(identity)) {
    if (performance.now() > giveUp) return false
    await sleep(POLL_MS)
  }
  return true
}

function pids(): readonly number[] {
  try {
    return readdirSync('/proc').map(Number).filter(Number.isInteger)
  } catch (cause) {
    throw new CcpError('bad-config', 'the local deploy target needs Linux: there is no /proc', { cause })
  }
}

function statOf(pid: number): { state: string; session: number; startTicks: string } | null {
  const text = readOrNull(`/proc/${pid}/stat`)
  if (text === null) return null
  // The command name is in parentheses and may contain anything, parentheses too.
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ')
  return { state: fields[0] ?? '', session: Number(fields[3]), startTicks: fields[19] ?? '' }
}

function environmentOf(pid: number): readonly string[] {
  return readOrNull(`/proc/${pid}/environ`)?.split('\0') ?? []
}

/** Null for a process that has ended meanwhile or belongs to somebody else. */
function readOrNull(path: string): string | null {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ENOENT' || code === 'ESRCH' || code === 'EACCES' || code === 'EPERM') return null
    throw error
  }
}
