import { ancestors, baseName, parentOf, quoted, relativeTo } from './test-plan.ts'
import type { TestPlan, TreeView } from './test-plan.ts'

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
    otherwise: null,
  }
}

/** A pattern for the tests of one file: Go runs packages, never files. */
export function goNames(text: string): string {
  const names = [...text.matchAll(/^func (Test\w+|Example\w*|Fuzz\w+)\s*\(/gm)].map((match) => match[1])
  return `^(?:${names.join('|')})$`
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

/** Compiles everything and runs the main method of each test class with assertions on: an exit code of 0 is a pass. */
async function plainJava(tree: TreeView): Promise<readonly TestPlan[]> {
  const sources = tree.files.filter((path) => path.endsWith('.java'))
  const tests = sources.filter((path) => /(?:Test|Tests)\.java$|(?:^|\/)Test[A-Z]\w*\.java$/.test(path))
  const named = await Promise.all(tests.map(async (path) => classWithMain(path, await tree.readFile(path))))
  const classes = named.filter((name) => name !== null)
  if (classes.length === 0) return []
  return [
    {
      runner: 'java-main',
      directory: '',
      command: runMains(classes.map(({ name }) => name)),
      environment: {},
      only: ({ path, text }) => {
        const found = classWithMain(path, text)
        return found === null ? null : runMains([found.name])
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

function runMains(classes: readonly string[]): readonly string[] {
  const libraries = `$(find . -name '*.jar' | tr '\\n' ':')`
  const compile = `find . -name '*.java' > /tmp/sources && javac -proc:none -nowarn -d /tmp/classes -cp "${libraries}." @/tmp/sources || exit 1`
  const loop = `failed=0; for test in ${classes.map(quoted).join(' ')}; do if java -ea -cp "/tmp/classes:${libraries}." "$test"; then echo "CCP-TEST ok $test"; else echo "CCP-TEST failed $test"; failed=1; fi; done; exit $failed`
  return ['sh', '-c', `${compile}; ${loop}`]
}
