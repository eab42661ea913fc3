import type { SourceFile } from '../ports.ts'
import { ancestors, baseName, CHECKOUT, isInside, join, parentOf, quoted, relativeTo } from './test-plan.ts'
import type { TestPlan, TreeView } from './test-plan.ts'

const TEST_FILE = /(?:^|\/)(?:test[^/]*|[^/]*_test|tests)\.py$/
const MARKERS = [
  'pyproject.toml',
  'setup.py',
  'setup.cfg',
  'pytest.ini',
  'tox.ini',
  'requirements.txt',
  'Pipfile',
  'manage.py',
]
const MOST_READ = 400

/** A directory that unittest searches, and the one from which its modules are imported. */
interface Group {
  readonly start: string
  readonly top: string
  readonly pattern: string
}

/** One plan for each Python project of the tree that has tests. */
export async function planPython(tree: TreeView): Promise<readonly TestPlan[]> {
  const all = new Set(tree.files)
  const projects = new Map<string, string[]>()
  for (const path of tree.files.filter((file) => TEST_FILE.test(file))) {
    const directory = projectOf(path, all)
    projects.set(directory, [...(projects.get(directory) ?? []), path])
  }
  return Promise.all([...projects].map(([directory, tests]) => planProject(tree, directory, tests, all)))
}

/** The nearest directory with a project file; without any, the directory around `tests`, or the file's own. */
function projectOf(path: string, all: ReadonlySet<string>): string {
  const marked = ancestors(parentOf(path)).find((directory) =>
    MARKERS.some((name) => all.has(join(directory, name))),
  )
  if (marked !== undefined) return marked
  const segment = /^(.*?)(?:^|\/)tests?\//.exec(path)?.[1]
  return outOfPackages(segment ?? parentOf(path), all)
}

function outOfPackages(directory: string, all: ReadonlySet<string>): string {
  let at = directory
  while (at !== '' && all.has(join(at, '__init__.py'))) at = parentOf(at)
  return at
}

async function planProject(
  tree: TreeView,
  directory: string,
  tests: readonly string[],
  all: ReadonlySet<string>,
): Promise<TestPlan> {
  const environment = { PYTHONPATH: importPath(directory, all) }
  const unittest: TestPlan = {
    runner: 'unittest',
    directory,
    command: unittestCommand(groupsOf(tests, directory, all), directory),
    environment,
    only: (file) => unittestCommand(groupsOf([file.path], directory, all), directory, baseName(file.path)),
    otherwise: null,
  }
  if (!(await usesPytest(tree, directory, tests))) return unittest
  return {
    runner: 'pytest',
    directory,
    command: pytestCommand(),
    environment,
    only: (file: SourceFile) => pytestCommand(relativeTo(file.path, directory)),
    otherwise: unittest,
  }
}

function importPath(directory: string, all: ReadonlySet<string>): string {
  const root = join(CHECKOUT, directory).replace(/\/$/, '')
  const hasSource = [...all].some((path) => isInside(path, join(directory, 'src')))
  return hasSource ? `${root}:${root}/src` : root
}

function pytestCommand(...files: readonly string[]): readonly string[] {
  return ['python3', '-m', 'pytest', '-rA', '--color=no', '-p', 'no:cacheprovider', ...files]
}

async function usesPytest(tree: TreeView, directory: string, tests: readonly string[]): Promise<boolean> {
  const inProject = tree.files.filter((path) => isInside(path, directory))
  if (inProject.some((path) => /(?:^|\/)(?:pytest\.ini|conftest\.py)$/.test(path))) return true
  const pyproject = await tree.readFile(join(directory, 'pyproject.toml'))
  if (pyproject?.includes('[tool.pytest')) return true
  const texts = await Promise.all(tests.slice(0, MOST_READ).map((path) => tree.readFile(path)))
  // Test functions outside of a class are found by pytest alone.
  return texts.some(
    (text) => text !== null && /^(?:import pytest|from pytest\b|(?:async )?def test)/m.test(text),
  )
}

/** unittest finds modules in packages only: each directory that is none is searched by itself. */
function groupsOf(tests: readonly string[], directory: string, all: ReadonlySet<string>): readonly Group[] {
  const groups = new Map<string, Group>()
  for (const path of tests) {
    const own = parentOf(path)
    const top = all.has(join(own, '__init__.py')) ? outOfPackages(own, all) : own
    const start = top === own ? own : packageUnder(top, own)
    const inside = isInside(top, directory) ? top : directory
    const pattern = baseName(path).startsWith('test') ? 'test*.py' : '*_test.py'
    groups.set(`${start}\0${pattern}`, { start, top: inside, pattern })
  }
  return [...groups.values()]
}

function packageUnder(top: string, own: string): string {
  const rest = relativeTo(own, top).split('/')[0] ?? ''
  return join(top, rest)
}

function unittestCommand(groups: readonly Group[], directory: string, pattern?: string): readonly string[] {
  const place = (path: string) => relativeTo(path, directory) || '.'
  const commands = groups.map((group) => [
    'python3',
    '-m',
    'unittest',
    'discover',
    '-v',
    '-s',
    group.start === directory ? '.' : place(group.start),
    '-t',
    group.top === directory ? '.' : place(group.top),
    '-p',
    pattern ?? group.pattern,
  ])
  const [first = []] = commands
  if (commands.length <= 1) return first
  const lines = commands.map((words) => `${words.map(quoted).join(' ')} || failed=1`)
  return ['sh', '-c', `failed=0; ${lines.join('; ')}; exit $failed`]
}
