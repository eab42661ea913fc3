import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Sandbox, SandboxLimits } from '../../pipeline/gates/ports.ts'

const EMPTY = {
  go: {
    files: { 'go.mod': 'module warm\n\ngo 1.18\n', 'warm.go': 'package warm\n' },
    command: ['go', 'vet', './...'],
  },
  java: {
    files: { 'Warm.java': 'class Warm {}\n' },
    command: ['javac', 'Warm.java'],
  },
} as const

/**
 * Has a compiler look at next to nothing, in the sandbox in which it will look at patches: the first run is the one that
 * waits, for Go's standard library most of all. A machine without the compiler has nothing to warm.
 */
export async function warmCompiler(
  language: keyof typeof EMPTY,
  sandbox: Sandbox,
  limits: SandboxLimits,
): Promise<void> {
  const { files, command } = EMPTY[language]
  const directory = await mkdtemp(join(tmpdir(), 'ccp-warm-'))
  try {
    await Promise.all(Object.entries(files).map(([name, text]) => writeFile(join(directory, name), text)))
    await sandbox.run({ directory, workingDirectory: '', command, environment: {}, limits })
  } finally {
    await rm(directory, { recursive: true, force: true })
  }
}
