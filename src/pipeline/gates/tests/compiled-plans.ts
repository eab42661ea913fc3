import type { SourceFile } from '../ports.ts'
import { runMains } from './java-mains.ts'
import { ancestors, baseName, parentOf, quoted, relativeTo } from './test-plan.ts'
import type { TestPlan, Together, TreeView } from './test-plan.ts'

/** One plan for each Go module with tests. */
export async function planGo(tree: TreeView): Promise<readonly TestPlan[]> {
  const modules = tree.files.filter((path) => baseName(path) === 'go.mod').map(parentOf)
  return modules
    .filter((directory) =>
      tree.files.some((path) => path.endsWith('_test.go') && homeOf(path, modules) === directory),
    )
    .map((directory) => goPlan(directory))
}

function homeOf(path: string, modules: readonly string[]): string | undefined {
  return ancestors(parentOf(path)).find((directory) => modules.includes(directory))
}

function goPlan(directory: string): TestPlan {
  const test = ['go', 'test', '-json', '-count=1', '-vet=off']
  return {
    runner: 'go-test',
    directory,
    command: [...test, './...'],
    environment: {},
    only: (file) => [...test, '-run', goNames(file.text), `./${relativeTo(parentOf(file.path), directory)}`],
    together: (file) => goTogether([...test, './...'], { ...file, path: relativeTo(file.path, directory) }),
    otherwise: null,
  }
}

/** A pattern for the tests of one file: Go runs packages, never files. */
export function goNames(text: string): string {
  return `^(?:${namesIn(text).join('|')})$`
}

function namesIn(text: string): readonly string[] {
  return [...text.matchAll(/^func (Test\w+|Example\w*|Fuzz\w+)\s*\(/gm)].map((match) => match[1] ?? '')
}

/**
 * A run of everything, in which the tests of one file are known by the end of their ids, `package/path.TestName/subtest`. In
 * the root of the module nothing of the path is left to tell its package from the others.
 */
export function goTogether(command: readonly string[], { path, text }: SourceFile): Together | null {
  const folder = parentOf(path)
  if (folder === '') return null
  const owns = namesIn(text).map((name) => `/${folder}.${name}`)
  return { command, isOwn: (id) => owns.some((own) => id.endsWith(own) || id.includes(`${own}/`)) }
}

/** Maven and Gradle builds, outermost first; else plain Java whose test classes have a `main`. */
export async function planJava(tree: TreeView): Promise<readonly TestPlan[]> {
  const roots = (name: RegExp) => outermost(tree.files.filter((path) => name.test(path)).map(parentOf))
  const maven = roots(/(?:^|\/)pom\.xml$/)
  const gradle = roots(/(?:^|\/)(?:build|settings)\.gradle(?:\.kts)?$/)
  if (maven.length + gradle.length > 0) return [...maven.map(mavenPlan), ...gradle.map(gradlePlan)]
  return plainJava(tree)
}

function outermost(directories: readonly string[]): readonly string[] {
  const all = new Set(directories)
  return [...all].filter(
    (directory) => !ancestors(directory).some((other) => other !== directory && all.has(other)),
  )
}

const MAVEN = ['mvn', '-o', '-B', '-q', '-fae', '-Dstyle.color=never', '-DtrimStackTrace=true']

function mavenPlan(directory: string): TestPlan {
  const run = (...words: string[]) => withReports([...MAVEN, ...words, 'test'], '*/surefire-reports/*.xml')
  return {
    runner: 'junit',
    directory,
    command: run(),
    environment: {},
    only: ({ path }) =>
      run(
        `-Dtest=${baseName(path).replace(/\.java$/, '')}`,
        '-DfailIfNoTests=false',
        '-Dsurefire.failIfNoSpecifiedTests=false',
      ),
    otherwise: null,
  }
}

function gradlePlan(directory: string): TestPlan {
  const run = (...words: string[]) =>
    withReports(
      ['gradle', '--offline', '--no-daemon', '--quiet', '--continue', 'test', ...words],
      '*/test-results/*/*.xml',
    )
  return {
    runner: 'junit',
    directory,
    command: run(),
    environment: {},
    only: ({ path }) => run('--tests', baseName(path).replace(/\.java$/, '')),
    otherwise: null,
  }
}

/** The reports lie in the sandbox's own copy, which is gone with it: they are printed after the run, its exit code kept. */
function withReports(command: readonly string[], reports: string): readonly string[] {
  return [
    'sh',
    '-c',
    `${command.map(quoted).join(' ')}; code=$?; find . -path '${reports}' -exec cat {} +; exit $code`,
  ]
}

/** Test classes that are programs of their own. */
async function plainJava(tree: TreeView): Promise<readonly TestPlan[]> {
  const sources = tree.files.filter((path) => path.endsWith('.java'))
  const tests = sources.filter((path) => /(?:Test|Tests)\.java$|(?:^|\/)Test[A-Z]\w*\.java$/.test(path))
  const named = await Promise.all(tests.map(async (path) => classWithMain(path, await tree.readFile(path))))
  const classes = named.filter((name) => name !== null)
  if (classes.length === 0) return []
  const all = classes.map(({ name }) => name)
  const isModular = sources.some((path) => baseName(path) === 'module-info.java')
  return [
    {
      runner: 'java-main',
      directory: '',
      command: runMains(all, { isModular }),
      environment: {},
      only: ({ path, text }) => {
        const found = classWithMain(path, text)
        return found === null ? null : runMains([], { alone: found.name, isModular })
      },
      together: ({ path, text }) => {
        const alone = classWithMain(path, text)?.name
        if (alone === undefined) return null
        const others = all.filter((name) => name !== alone)
        return { command: runMains(others, { alone, isModular }), isOwn: (id) => id === alone }
      },
      otherwise: null,
    },
  ]
}

function classWithMain(path: string, text: string | null): { name: string } | null {
  if (text === null || !/\bstatic\s+(?:final\s+)?void\s+main\s*\(/.test(text)) return null
  const owner = /^\s*package\s+([\w.]+)\s*;/m.exec(text)?.[1]
  const name = baseName(path).replace(/\.java$/, '')
  return { name: owner === undefined ? name : `${owner}.${name}` }
}
