export interface DeploymentSettings {
  /** Between two looks at canary and control. */
  readonly observeEveryMs: number
  /** A block is at least this long: two scrapes of the counters. */
  readonly minBlockMs: number
  /** Left out after each change of weight: connections and caches fill. */
  readonly warmUpMs: number
  /**
   * Share of the service's latency objective, 0..1. An answer within it is quick, however much quicker the control's are; 0 compares
   * at the control's own quantiles alone.
   */
  readonly quickShare: number
  /** A newest block older than this says nothing about now. */
  readonly staleAfterMs: number
  /** This long before the deadline an undecided step asks for a person. */
  readonly noticeMs: number
  readonly canary10: StepSettings
  readonly canary50: StepSettings
  readonly full: StepSettings
  readonly drain: {
    readonly pollMs: number
    /** A release still taking traffic after this is stopped all the same: the router has confirmed weight 0. */
    readonly timeoutMs: number
  }
}

export interface StepSettings {
  /** The least time at this weight, however clear the evidence. */
  readonly soakMs: number
  /** From the change of weight; then an undecided rollout goes back. */
  readonly deadlineMs: number
  /** The least requests that the new release must have answered at this weight. */
  readonly minCanaryRequests: number
}

/** What is asked of a rollout at this weight. */
export function stepAt(weightPercent: number, settings: DeploymentSettings): StepSettings {
  if (weightPercent < 50) return settings.canary10
  return weightPercent < 100 ? settings.canary50 : settings.full
}
