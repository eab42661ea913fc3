import { join } from 'node:path/posix'
import { slug } from './commit-text.ts'
import type { ServiceDefinition } from '../services.ts'

export type Framework = 'unittest' | 'node' | 'vitest'

export type TestPlace =
  | { readonly kind: 'known'; readonly path: string; readonly framework: Framework }
  | { readonly kind: 'unknown'; readonly why: string }

type Read = (path: string) => Promise<string | null>

/** Where a test must stand so that the service's `testCommand` runs it, and what it is written for. */
export async function testPlace(
  service: ServiceDefinition,
  incidentId: string,
  read: Read,
): Promise<TestPlace> {
  const { testCommand, language, name } = service
  if (testCommand === null || testCommand.length === 0)
    return unknown(`${name} has no testCommand in services.yaml`)
  if (language === 'python') return pythonPlace(testCommand, incidentId)
  if (language === 'java' || language === 'go')
    return unknown(`replay tests are written for Python and JavaScript, not for ${language}`)
  return scriptPlace(await commandLine(testCommand, read), incidentId, language === 'typescript')
}

function pythonPlace(command: readonly string[], incidentId: string): TestPlace {
  const line = command.join(' ')
  const file = `test_ccp_${slug(incidentId).replaceAll('-', '_').toLowerCase()}.py`
  if (/\bunittest\b/.test(line)) return known(join(unittestFolder(command), file), 'unittest')
  // pytest collects unittest's classes as well.
  if (/\bpytest\b/.test(line))
    return known(join(pathArgument(command, 'pytest') ?? 'tests', file), 'unittest')
  return unknown(`the testCommand "${line}" is neither unittest nor pytest`)
}

function unittestFolder(command: readonly string[]): string {
  const option = command.findIndex((part) => part === '-s' || part === '--start-directory')
  if (option !== -1) return command[option + 1] ?? '.'
  const discover = command[command.indexOf('discover') + 1]
  return command.includes('discover') && discover !== undefined && !discover.startsWith('-') ? discover : '.'
}

/** The first plain argument after the tool's name that is a folder. */
function pathArgument(command: readonly string[], tool: string): string | null {
  const rest = command.slice(command.findIndex((part) => part.endsWith(tool)) + 1)
  const path = rest.find((part) => !part.startsWith('-') && !part.endsWith('.py'))
  return path?.replace(/\/$/, '') ?? null
}

/** What `npm test` runs, read from package.json; other commands as they are. */
async function commandLine(command: readonly string[], read: Read): Promise<string> {
  const line = command.join(' ')
  if (!/^(?:npm|pnpm|yarn)\b/.test(line) || !/\btest\b/.test(line)) return line
  const text = await read('package.json')
  const script = text === null ? null : scriptNamed(text, 'test')
  return script ?? line
}

function scriptNamed(text: string, name: string): string | null {
  try {
    const manifest = JSON.parse(text) as { scripts?: Record<string, unknown> }
    const script = manifest.scripts?.[name]
    return typeof script === 'string' ? script : null
  } catch {
    return null // A broken package.json has no scripts; the place is then unknown, with the command as the reason.
  }
}

function scriptPlace(line: string, incidentId: string, isTypeScript: boolean): TestPlace {
  const base = `ccp-${slug(incidentId).toLowerCase()}`
  if (/\bvitest\b/.test(line)) return known(`test/${base}.test.${isTypeScript ? 'ts' : 'mjs'}`, 'vitest')
  if (!/\bnode\b.*--test\b/.test(line))
    return unknown(`the testCommand "${line}" is neither node --test nor vitest`)
  const glob = line.split(/\s+/).findLast((part) => /[*/]/.test(part) && !part.startsWith('-'))
  if (glob === undefined) return known(`test/${base}.test.mjs`, 'node')
  return known(placeInGlob(glob.replace(/["']/g, ''), base), 'node')
}

/** `test/*.test.ts` -> `test/<base>.test.ts`; `src/**\/*.spec.js` -> `src/<base>.spec.js`; `test/` -> `test/<base>.test.mjs`. */
function placeInGlob(glob: string, base: string): string {
  const folder = glob
    .split('/')
    .filter((part, index, parts) => !/[*{]/.test(part) && (index < parts.length - 1 || !part.includes('.')))
    .join('/')
  const last = glob.split('/').at(-1) ?? ''
  const ending = /\*((?:[.-][A-Za-z]+)+)$/.exec(last)?.[1]
  return join(folder, `${base}${ending ?? '.test.mjs'}`)
}

function known(path: string, framework: Framework): TestPlace {
  return { kind: 'known', path: path.replace(/^\.\//, ''), framework }
}

function unknown(why: string): TestPlace {
  return { kind: 'unknown', why }
}
