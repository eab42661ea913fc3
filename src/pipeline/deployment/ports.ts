export interface Release {
  readonly service: string
  readonly version: string
  readonly commit: string
  /** The commit of its configuration; absent where that does not live in a repository of its own. */
  readonly configCommit?: string
  readonly startedAtMs: number
  /** Share of the service's traffic, 0..100. */
  readonly weightPercent: number
  readonly running: boolean
}

/** The file with which a release is started, out of the configuration's repository. */
export interface ReleaseConfig {
  readonly repository: string
  readonly commit: string
  readonly path: string
}

/** A place where services run. Every mutating call is idempotent: made again with the same arguments it changes nothing. */
export interface DeployTarget {
  /** All releases that run or still take traffic, the one with most traffic first. */
  releases(service: string): Promise<readonly Release[]>
  /**
   * Starts `commit` beside what runs, at weight 0, and returns when it answers its health check. A version stands for one pair
   * of code and configuration: throws CcpError `conflict` where it stands for another.
   */
  start(release: {
    readonly service: string
    readonly version: string
    readonly commit: string
    readonly repository: string
    readonly config?: ReleaseConfig
  }): Promise<Release>
  /** Gives `version` this share and the rest to the control; confirms that the router took it. */
  setWeight(change: {
    readonly service: string
    readonly canaryVersion: string
    readonly controlVersion: string
    readonly percent: number
  }): Promise<void>
  /** Stops a release. Throws CcpError `conflict` if it still takes traffic. */
  stop(service: string, version: string): Promise<void>
  health(service: string, version: string): Promise<{ readonly healthy: boolean; readonly detail: string }>
}
