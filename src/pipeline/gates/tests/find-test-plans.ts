import type { ServiceDefinition } from '../../services.ts'
import { planGo, planJava } from './compiled-plans.ts'
import { planJavascript } from './javascript-plans.ts'
import { planPython } from './python-plans.ts'
import { configuredPlan } from './configured-plan.ts'
import { isInside, type TestPlan, type TreeView } from './test-plan.ts'

type Family = 'python' | 'javascript' | 'go' | 'java'

interface Candidate {
  readonly family: Family
  readonly plan: TestPlan
}

/**
 * How the tree is tested: by the command that services.yaml names, else by what its files show. In a tree of several
 * projects those that hold a changed file are run.
 */
export async function findTestPlans(
  tree: TreeView,
  changed: readonly string[],
  service: Pick<ServiceDefinition, 'testCommand'>,
): Promise<readonly TestPlan[]> {
  if (service.testCommand !== null) return [configuredPlan(service.testCommand)]
  const candidates = await allPlans(tree)
  const chosen = new Set(changed.flatMap((path) => plansFor(path, candidates)))
  return chosen.size > 0 ? [...chosen] : candidates.map(({ plan }) => plan)
}

async function allPlans(tree: TreeView): Promise<readonly Candidate[]> {
  const families: readonly [Family, (tree: TreeView) => Promise<readonly TestPlan[]>][] = [
    ['python', planPython],
    ['javascript', planJavascript],
    ['go', planGo],
    ['java', planJava],
  ]
  const found = families.map(async ([family, plan]) =>
    (await plan(tree)).map((one) => ({ family, plan: one })),
  )
  return (await Promise.all(found)).flat()
}

/** Of the projects around a file those nearest to it; a source file asks only those of its own language. */
function plansFor(path: string, candidates: readonly Candidate[]): readonly TestPlan[] {
  const family = familyOf(path)
  const around = candidates.filter(
    (candidate) =>
      isInside(path, candidate.plan.directory) && (family === null || candidate.family === family),
  )
  const nearest = Math.max(...around.map(({ plan }) => plan.directory.length))
  return around.filter(({ plan }) => plan.directory.length === nearest).map(({ plan }) => plan)
}

function familyOf(path: string): Family | null {
  if (/\.pyi?$/.test(path)) return 'python'
  if (/\.[cm]?[jt]sx?$/.test(path)) return 'javascript'
  if (/\.go$/.test(path)) return 'go'
  return /\.java$/.test(path) ? 'java' : null
}
