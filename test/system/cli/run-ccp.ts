import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { onTestFinished } from 'vitest'

const MAIN = fileURLToPath(new URL('../../../src/main.ts', import.meta.url))

export interface Ended {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

/** A folder that goes with the test. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'ccp-cli-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

export interface Running {
  readonly ended: Promise<Ended>
  /** Its first line on standard output; rejects if it ends without one. */
  readonly firstLine: Promise<string>
  signal(name: NodeJS.Signals): void
}

/** Starts `ccp` in an empty folder and with nothing in the environment but what is given. */
export function startCcp(args: readonly string[], variables: Readonly<Record<string, string>> = {}): Running {
  const env = { PATH: process.env.PATH ?? '', ...variables }
  const child = spawn(process.execPath, [MAIN, ...args], { cwd: temporaryFolder(), env })
  onTestFinished(() => void child.kill('SIGKILL'))
  const first = Promise.withResolvers<string>()
  let stdout = ''
  let stderr = ''
  child.stdout.on('data', (data: Buffer) => {
    stdout += data.toString('utf8')
    if (stdout.includes('\n')) first.resolve(stdout.split('\n', 1)[0] ?? '')
  })
  child.stderr.on('data', (data: Buffer) => (stderr += data.toString('utf8')))
  const ended = new Promise<Ended>((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (code) => {
      first.reject(new Error(`ccp ended with ${code}: ${stderr}`))
      resolve({ code, stdout, stderr })
    })
  })
  first.promise.catch(() => undefined) // only those who ask for the line want its failure
  return { ended, firstLine: first.promise, signal: (name) => void child.kill(name) }
}

/** Runs `ccp` to its end. */
export function runCcp(
  args: readonly string[],
  variables: Readonly<Record<string, string>> = {},
): Promise<Ended> {
  return startCcp(args, variables).ended
}
