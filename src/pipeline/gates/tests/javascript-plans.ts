import type { SourceFile } from '../ports.ts'
import { ancestors, join, parentOf, quoted, relativeTo } from './test-plan.ts'
import type { TestPlan, TreeView } from './test-plan.ts'

/** What `node --test` looks for by itself. */
const TEST_FILE = /(?:[._-]test|(?:^|\/)test(?:-[^/]*)?|(?:^|\/)test\/(?:.*\/)?[^/]*)\.[cm]?[jt]s$/
const SPEC_FILE = /(?:[._-](?:test|spec)|(?:^|\/)(?:test|tests|__tests__)\/(?:.*\/)?[^/]*)\.[cm]?[jt]s$/
const NODE_TEST = 'node --test'
const NO_TESTS = /no test specified/

/** One plan for each package that names a test script or has files that `node --test` would run. */
export async function planJavascript(tree: TreeView): Promise<readonly TestPlan[]> {
  const sources = tree.files.filter((path) => !/(?:^|\/)node_modules\//.test(path))
  const manifests = new Set(sources.filter((path) => /(?:^|\/)package\.json$/.test(path)).map(parentOf))
  const tests = sources.filter((path) => SPEC_FILE.test(path) && !path.endsWith('.d.ts'))
  const homeOf = (path: string) =>
    ancestors(parentOf(path)).find((directory) => manifests.has(directory)) ?? ''
  const homes = new Set([...manifests, ...tests.map(homeOf)])
  const plans = await Promise.all(
    [...homes].map((directory) =>
      planPackage(
        tree,
        directory,
        tests.filter((path) => homeOf(path) === directory),
      ),
    ),
  )
  return plans.filter((plan) => plan !== null)
}

async function planPackage(
  tree: TreeView,
  directory: string,
  tests: readonly string[],
): Promise<TestPlan | null> {
  const scripts = scriptsOf(await tree.readFile(join(directory, 'package.json')))
  const script = scripts.test
  if (script !== undefined && !NO_TESTS.test(script)) return scriptPlan(directory, script, scripts.pretest)
  return tests.length === 0 ? null : nodePlan(directory, tests)
}

function nodePlan(directory: string, tests: readonly string[]): TestPlan {
  const run = (files: readonly string[]) => ['node', '--test', '--test-reporter=tap', ...files]
  const local = tests.map((path) => relativeTo(path, directory))
  // Node finds its own patterns; files named otherwise ("tests/", "*.spec.js") have to be named to it.
  const command = local.every((path) => TEST_FILE.test(path)) ? run([]) : run(local)
  return {
    runner: 'node-test',
    directory,
    command,
    environment: {},
    only: (file) => run([relativeTo(file.path, directory)]),
    otherwise: null,
  }
}

/** The script is run by `sh`, as npm does, but without npm's start-up and its network. */
function scriptPlan(directory: string, script: string, before: string | undefined): TestPlan {
  const usesNode = script.includes(NODE_TEST) && !script.includes('--test-reporter')
  const named = usesNode ? script.replaceAll(NODE_TEST, `${NODE_TEST} --test-reporter=tap`) : script
  const path = `export PATH="$PWD/node_modules/.bin:$PATH"`
  const shell = (line: string) => [
    'sh',
    '-c',
    `${path}; ${before === undefined ? '' : `${before} && `}${line}`,
  ]
  return {
    runner: usesNode ? 'node-test' : 'text',
    directory,
    command: shell(named),
    environment: { CI: '1' },
    only: (file) => onlyByScript(named, file, directory, shell),
    otherwise: null,
  }
}

function onlyByScript(
  script: string,
  file: SourceFile,
  directory: string,
  shell: (line: string) => string[],
): readonly string[] | null {
  const path = quoted(relativeTo(file.path, directory))
  if (script.includes(NODE_TEST)) {
    // What comes before the files may be a loader: it is kept, the files are replaced.
    const options = /node --test((?: --?[\w-]+(?:=\S+)?)*)/.exec(script)?.[1] ?? ''
    return shell(`node --test${options} ${path}`)
  }
  if (/\b(?:vitest|jest|mocha|ava|tap)\b/.test(script) && !/[;&|]/.test(script))
    return shell(`${script} ${path}`)
  return null
}

function scriptsOf(text: string | null): { test?: string; pretest?: string } {
  if (text === null) return {}
  try {
    const { scripts } = JSON.parse(text) as { scripts?: Record<string, unknown> }
    const textOf = (value: unknown) => (typeof value === 'string' ? value : undefined)
    return { test: textOf(scripts?.test), pretest: textOf(scripts?.pretest) }
  } catch {
    // A package.json that is no JSON names no script; the syntax gate tells of it if the patch touches it.
    return {}
  }
}
