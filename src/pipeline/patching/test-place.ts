import { dirname, join } from 'node:path/posix'
import { slug } from './commit-text.ts'
import type { Location } from '../contracts.ts'
import type { JavaTest } from './java-test.ts'
import type { ServiceDefinition } from '../services.ts'

export type TestPlace =
  | { readonly kind: 'known'; readonly path: string; readonly framework: 'unittest' | 'node' | 'vitest' }
  | { readonly kind: 'go'; readonly path: string; readonly packageName: string; readonly name: string }
  | ({ readonly kind: 'java' } & JavaTest)
  | { readonly kind: 'unknown'; readonly why: string }

type Read = (path: string) => Promise<string | null>

/**
 * Where a test must stand so that the service's tests, as the gates run them, take it in, and what it is written for. In
 * Java and Go, whose tests are found without a command, that is beside the tests of the file at fault.
 */
export async function testPlace(
  service: ServiceDefinition,
  { incidentId, file }: Pick<Location, 'incidentId' | 'file'>,
  read: Read,
): Promise<TestPlace> {
  const { testCommand, language, name } = service
  if (language === 'java') return javaPlace(testCommand, incidentId, file, read)
  if (language === 'go') return goPlace(testCommand, incidentId, file, await read(file))
  if (testCommand === null || testCommand.length === 0)
    return unknown(`${name} has no testCommand in services.yaml`)
  if (language === 'python') return pythonPlace(testCommand, incidentId)
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

function goPlace(
  command: readonly string[] | null,
  incidentId: string,
  file: string,
  text: string | null,
): TestPlace {
  if (command !== null && !/\bgo test\b/.test(command.join(' ')))
    return unknown(`the testCommand "${command.join(' ')}" is not go test`)
  const packageName = /^package\s+(\w+)/m.exec(text ?? '')?.[1]
  if (packageName === undefined) return unknown(`the package of ${file} is not known`)
  const id = slug(incidentId).toLowerCase().replaceAll('-', '_')
  const path = join(dirname(file), `ccp_${id}_replay_test.go`)
  return {
    kind: 'go',
    path,
    packageName: `${packageName.replace(/_test$/, '')}_test`,
    name: pascal(incidentId),
  }
}

async function javaPlace(
  command: readonly string[] | null,
  incidentId: string,
  file: string,
  read: Read,
): Promise<TestPlace> {
  const framework = await javaFramework(command, file, read)
  if (framework.kind === 'unknown') return framework
  const packageName = /^\s*package\s+([\w.]+)\s*;/m.exec((await read(file)) ?? '')?.[1] ?? null
  const className = `Ccp${pascal(incidentId)}Test`
  const path = join(testFolder(file, packageName), `${className}.java`)
  return { kind: 'java', path, className, packageName, framework: framework.name }
}

type JavaFramework =
  { readonly kind: 'known'; readonly name: JavaTest['framework'] } | ReturnType<typeof unknown>

/** By what the build declares; without a build tool a test is a class with a main method. */
async function javaFramework(
  command: readonly string[] | null,
  file: string,
  read: Read,
): Promise<JavaFramework> {
  const line = command?.join(' ') ?? ''
  if (command !== null && !/\b(?:mvnw?|gradlew?)\b/.test(line))
    return unknown(`the testCommand "${line}" is neither Maven nor Gradle`)
  const builds = await Promise.all(buildFiles(file).map(read))
  const declared = builds.filter((text) => text !== null).join('\n')
  if (declared === '') return { kind: 'known', name: 'main' }
  if (/junit[-.]jupiter|useJUnitPlatform/.test(declared)) return { kind: 'known', name: 'junit5' }
  if (/\bjunit\b/.test(declared)) return { kind: 'known', name: 'junit4' }
  return unknown('the build declares no JUnit')
}

/** The build files of the folders around a file. */
function buildFiles(file: string): readonly string[] {
  const parts = file.split('/').slice(0, -1)
  const folders = ['', ...parts.map((_, depth) => `${parts.slice(0, depth + 1).join('/')}/`)]
  return folders.flatMap((folder) => BUILDS.map((name) => `${folder}${name}`))
}

const BUILDS = ['pom.xml', 'build.gradle', 'build.gradle.kts', 'settings.gradle', 'settings.gradle.kts']

/** `src/main/java/shop/Pay.java` is tested in `src/test/java/shop`; other layouts have a folder `test` beside their sources. */
function testFolder(file: string, packageName: string | null): string {
  const folder = dirname(file)
  if (/(?:^|\/)src\/main\/java(?:\/|$)/.test(folder))
    return folder.replace(/(^|\/)src\/main\/java/, '$1src/test/java')
  return join('test', packageName?.replaceAll('.', '/') ?? '')
}

/** An incident's id as a part of a name in Java and Go. */
function pascal(incidentId: string): string {
  const words = slug(incidentId).split('-')
  return words.map((word) => word.charAt(0).toUpperCase() + word.slice(1)).join('')
}

function known(path: string, framework: 'unittest' | 'node' | 'vitest'): TestPlace {
  return { kind: 'known', path: path.replace(/^\.\//, ''), framework }
}

function unknown(why: string): { readonly kind: 'unknown'; readonly why: string } {
  return { kind: 'unknown', why }
}
