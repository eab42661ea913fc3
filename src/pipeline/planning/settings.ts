import type { Fault } from '../contracts.ts'
import type { TemplateCategory } from './templates/fix-template.ts'

/** How candidates are weighed against each other; see config/planning.yaml for what each number means. */
export interface PlanningSettings {
  /** Prior probability 0..1 that the strategy cures, given that the right commit is blamed. */
  readonly priors: {
    readonly revertCommit: number
    readonly rollBackDeploy: number
    readonly configChange: number
    readonly aiPatch: number
  }
  /**
   * Where no exception names the place: the categories of templates that are tried on what the blamed change brought, with
   * their prior there. A fault that is not named has none.
   */
  readonly templatesForFaults: Readonly<
    Partial<Record<Fault['kind'], Readonly<Partial<Record<TemplateCategory, number>>>>>
  >
  /** How long a call to another service may wait: a share of the caller's own latency objective; without one `otherwiseMs`. */
  readonly timeouts: { readonly shareOfObjective: number; readonly otherwiseMs: number }
  /** How many outcomes the prior counts for when real ones come in. */
  readonly priorStrength: number
  /** Candidates below are shown and never chosen. */
  readonly minConfidence: number
  /** Of one plan; the rest are left out. */
  readonly maxTemplateCandidates: number
  /** Taken off the confidence when candidates are ranked: what a larger change costs. */
  readonly costs: {
    readonly changedLine: number
    readonly otherCommit: number
    readonly lostFeature: number
    /** No candidate loses more than this. */
    readonly most: number
  }
  readonly aiPatch: {
    /** A model is asked only where no other candidate is worth as much: confidence less cost. */
    readonly askBelow: number
    readonly maxChangedLines: number
    readonly maxFiles: number
    readonly deadlineMs: number
    /** Globs that an AI patch must not touch, beside the service's own protected paths. */
    readonly forbiddenPaths: readonly string[]
  }
}
