import { rmSync } from 'node:fs'
import { basename, dirname, join, resolve } from 'node:path'
import type { DeployTarget, Release } from '../../pipeline/deployment/ports.ts'
import { CcpError } from '../../pipeline/errors.ts'
import type { ServiceDefinition } from '../../pipeline/services.ts'
import { DeployHistory } from './deploy-history.ts'
import { askHealth, freePort, launch, sizeOf, untilHealthy, type Launched } from './launch.ts'
import { endGroup, findMarked, isAlive, type ProcessIdentity } from './process-table.ts'
import { ReleaseRecords, requireName, requireSamePair, type ReleaseRecord } from './release-records.ts'
import { RouterClient, type Backend } from './router-client.ts'
import { headOf, unpackFile, unpackSource } from './unpack-source.ts'

/*
 * Releases as processes of this machine, traffic through a router.
 *
 * P1  A release outlives the bot, and is found again by a bot that knows nothing of it but this folder.
 * P2  What is to be done is written down before it is done: a crash in between leaves a record, never an orphan.
 * P3  One process for a release at most: before one is started, one that carries the release's mark is looked for.
 * P4  A pid is believed only with the start time of its process.
 * P5  A weight is set when the router was read back.
 * P6  A release that takes traffic is not stopped.
 * P7  A version stands for one pair of code and configuration.
 */
export interface ProcessTargetOptions {
  readonly services: readonly ServiceDefinition[]
  /** Records, unpacked sources and the deploy history. */
  readonly stateDir: string
  /** `<service>@<version>.log` are written here. */
  readonly logDir: string
  readonly routerUrl: string
  readonly startTimeoutMs?: number
  readonly stopGraceMs?: number
  readonly nowMs?: () => number
  /** Told after each durable step, by its name. */
  readonly onStep?: (step: string) => void
}

export interface Endpoint {
  readonly service: string
  readonly version: string
  readonly url: string
}

export class ProcessTarget implements DeployTarget {
  readonly history: DeployHistory
  readonly #options: Required<ProcessTargetOptions>
  readonly #records: ReleaseRecords
  readonly #router: RouterClient
  readonly #queues = new Map<string, Promise<unknown>>()

  constructor(options: ProcessTargetOptions) {
    this.#options = {
      startTimeoutMs: 20_000,
      stopGraceMs: 5_000,
      nowMs: Date.now,
      onStep: () => {},
      ...options,
    }
    this.#records = new ReleaseRecords(join(options.stateDir, 'releases'))
    this.#router = new RouterClient(options.routerUrl)
    this.history = new DeployHistory(join(options.stateDir, 'deploys.jsonl'))
  }

  async releases(service: string): Promise<readonly Release[]> {
    const { backends } = await this.#router.routesOf(service)
    const recorded = this.#recordsOf(service)
    const ours = recorded.map((record) =>
      this.#releaseOf(record, backends.find((backend) => backend.version === record.version)?.weight ?? 0),
    )
    const others = backends
      .filter((backend) => !recorded.some((record) => record.version === backend.version))
      .map((backend) => unmanaged(service, backend))
    return [...ours, ...others].toSorted((a, b) => b.weightPercent - a.weightPercent)
  }

  start(release: Parameters<DeployTarget['start']>[0]): Promise<Release> {
    return this.#inTurn(release.service, () => this.#start(release))
  }

  setWeight(change: Parameters<DeployTarget['setWeight']>[0]): Promise<void> {
    return this.#inTurn(change.service, () => this.#setWeight(change))
  }

  stop(service: string, version: string): Promise<void> {
    return this.#inTurn(service, () => this.#stop(service, version))
  }

  async health(service: string, version: string): ReturnType<DeployTarget['health']> {
    const record = this.#records.get(service, version)
    if (record === null) return { healthy: false, detail: `there is no release ${service}@${version}` }
    if (this.#processOf(record) === null) return { healthy: false, detail: `its process has ended` }
    return askHealth(this.#healthUrl(record), 2_000)
  }

  /**
   * Puts a commit into production without a canary: for a first release. What ran before is stopped. Where the service has
   * configuration of its own, `configCommit` says which; the head of its branch if it is left out.
   */
  async deploy(service: string, commit: string, version: string, configCommit?: string): Promise<Release> {
    const { repository, config: source } = this.#definition(service)
    const config =
      source === undefined
        ? undefined
        : { ...source, commit: configCommit ?? (await headOf(source.repository, source.branch)) }
    await this.start({ service, version, commit, repository, config })
    return this.#inTurn(service, async () => {
      const before = (await this.#router.routesOf(service)).backends.filter(
        (backend) => backend.version !== version,
      )
      const control = before.find((backend) => backend.weight > 0) ?? before[0]
      const url = this.#urlOf(service, version)
      await this.#router.update(service, () => [
        { version, url, weight: 100 },
        ...before.map((backend) => ({ ...backend, weight: 0 })),
      ])
      this.#remember(service, version, control?.version ?? null, 100)
      for (const backend of before) await this.#stop(service, backend.version)
      return (await this.releases(service)).find((release) => release.version === version) as Release
    })
  }

  /** Where each running release listens: what is to be scraped. */
  endpoints(): readonly Endpoint[] {
    return this.#records
      .all()
      .filter((record) => record.process !== null && isAlive(record.process))
      .map((record) => ({
        service: record.service,
        version: record.version,
        url: this.#urlOf(record.service, record.version),
      }))
  }

  async #start(release: Parameters<DeployTarget['start']>[0]): Promise<Release> {
    const { service, version } = release
    const definition = this.#definition(service)
    const known = this.#records.get(service, version)
    if (known !== null) requireSamePair(known, release) // P7
    const running = known === null ? null : this.#processOf(known) // P3
    if (known !== null && running !== null) {
      this.#records.save({ ...known, process: running })
      await this.#untilHealthy({ identity: running, child: null }, known, 0)
      return this.#releaseWithWeight(known)
    }
    const record = await this.#prepare(release)
    const logOffset = sizeOf(this.#logFile(record))
    const launched = await launch(record, definition, this.#marker(record), this.#logFile(record))
    this.#options.onStep('spawned')
    this.#records.save({ ...record, process: launched.identity })
    this.#options.onStep('recorded')
    await this.#untilHealthy(launched, record, logOffset)
    this.#options.onStep('healthy')
    return this.#releaseWithWeight({ ...record, process: launched.identity })
  }

  /** Source and record, before there is a process (P2). */
  async #prepare({ service, version, commit, repository, config }: Parameters<DeployTarget['start']>[0]) {
    const folder = `${requireName(service)}@${requireName(version)}-${commit.slice(0, 12)}`
    const directory = resolve(this.#options.stateDir, 'sources', folder)
    await unpackSource(repository, commit, directory)
    const file = this.#configFile(service, version, config?.path ?? '')
    if (config !== undefined) await unpackFile(config, file)
    this.#options.onStep('unpacked')
    const record: ReleaseRecord = {
      service,
      version,
      commit,
      directory,
      ...(config === undefined ? {} : { config: { commit: config.commit, file } }),
      port: await freePort(new Set(this.#records.all().map((other) => other.port))),
      startedAtMs: this.#options.nowMs(),
      process: null,
    }
    this.#records.save(record)
    this.#options.onStep('intended')
    return record
  }

  /** A release that cannot be used leaves nothing behind but its log. */
  async #untilHealthy(launched: Launched, record: ReleaseRecord, logOffset: number): Promise<void> {
    try {
      await untilHealthy(launched, record, {
        healthUrl: this.#healthUrl(record),
        logFile: this.#logFile(record),
        logOffset,
        timeoutMs: this.#options.startTimeoutMs,
      })
    } catch (error) {
      await this.#discard(record)
      throw error
    }
  }

  async #setWeight({
    service,
    canaryVersion,
    controlVersion,
    percent,
  }: Parameters<DeployTarget['setWeight']>[0]): Promise<void> {
    if (!(percent >= 0 && percent <= 100)) throw new CcpError('bad-input', `${percent} is not a percentage`)
    if (percent > 0) this.#requireRunning(service, canaryVersion)
    if (percent < 100) this.#requireRunning(service, controlVersion)
    await this.#router.update(service, (backends) => {
      const others = backends.filter(({ version }) => version !== canaryVersion && version !== controlVersion)
      const taken = others.reduce((sum, backend) => sum + backend.weight, 0)
      if (taken > 0) throw this.#shared(service, others)
      const known = (version: string, weight: number): readonly Backend[] => {
        const url = this.#urlIfKnown(service, version) ?? backends.find((one) => one.version === version)?.url
        return url === undefined ? [] : [{ version, url, weight }]
      }
      return [...known(canaryVersion, percent), ...known(controlVersion, 100 - percent), ...others]
    })
    this.#options.onStep('weighted')
    this.#remember(service, canaryVersion, controlVersion, percent)
  }

  async #stop(service: string, version: string): Promise<void> {
    const { backends } = await this.#router.routesOf(service)
    const backend = backends.find((one) => one.version === version)
    if (backend !== undefined && backend.weight > 0) {
      throw new CcpError('conflict', `${service}@${version} still takes ${backend.weight} % of the traffic`, {
        mend: 'set its weight to 0 first',
      }) // P6
    }
    if (backend !== undefined) {
      await this.#router.update(service, (all) => all.filter((one) => one.version !== version))
    }
    this.#options.onStep('unrouted')
    const record = this.#records.get(service, version)
    if (record !== null) await this.#discard(record)
  }

  /** Takes everything down, traffic or not (the one exception to P6): for the end of a sample system. */
  async endAll(): Promise<void> {
    await Promise.all(this.#records.all().map((record) => this.#discard(record)))
  }

  /** Ends the process, then forgets it: the other way round a crash would leave an orphan (P2). */
  async #discard(record: ReleaseRecord): Promise<void> {
    const found = this.#processOf(record)
    if (found !== null) await endGroup(found, this.#options.stopGraceMs)
    this.#options.onStep('ended')
    this.#records.remove(record.service, record.version)
    rmSync(record.directory, { recursive: true, force: true })
    if (record.config !== undefined) rmSync(dirname(record.config.file), { recursive: true, force: true })
  }

  /** The release's process, by its record or, where a crash came before that was written, by its mark (P1, P4). */
  #processOf(record: ReleaseRecord): ProcessIdentity | null {
    if (record.process !== null && isAlive(record.process)) return record.process
    return record.process === null ? (findMarked(this.#marker(record))[0] ?? null) : null
  }

  #remember(service: string, version: string, previousVersion: string | null, percent: number): void {
    const pair = this.#pairOf(service, version)
    if (pair === null) return
    const previous = previousVersion === null ? null : this.#pairOf(service, previousVersion)
    this.history.record({
      service,
      version,
      ...pair,
      previousVersion,
      previousCommit: previous?.commit ?? null,
      previousConfigCommit: previous?.configCommit,
      percent,
      atMs: this.#options.nowMs(),
    })
  }

  /** The commits behind a version, by its record or, once that is gone, by the history. */
  #pairOf(service: string, version: string): Pick<Release, 'commit' | 'configCommit'> | null {
    const record = this.#records.get(service, version)
    if (record !== null) return { commit: record.commit, configCommit: record.config?.commit }
    const entry = this.history.entries().findLast((one) => one.service === service && one.version === version)
    return entry === undefined ? null : { commit: entry.commit, configCommit: entry.configCommit }
  }

  #requireRunning(service: string, version: string): void {
    const record = this.#records.get(service, version)
    if (record === null || this.#processOf(record) !== null) return // one that we do not manage is the router's affair
    throw new CcpError(
      'conflict',
      `${service}@${version} does not run: it would get traffic that nobody answers`,
      {
        mend: `start it again; ${this.#logFile(record)} says why it ended`,
      },
    )
  }

  #shared(service: string, others: readonly Backend[]): CcpError {
    const names = others.filter((one) => one.weight > 0).map((one) => `${one.version} (${one.weight} %)`)
    return new CcpError('conflict', `other releases of ${service} take traffic too: ${names.join(', ')}`, {
      mend: 'give their traffic to the control first',
    })
  }

  #recordsOf(service: string): readonly ReleaseRecord[] {
    return this.#records.all().filter((record) => record.service === service)
  }

  async #releaseWithWeight(record: ReleaseRecord): Promise<Release> {
    const { backends } = await this.#router.routesOf(record.service)
    return this.#releaseOf(record, backends.find((one) => one.version === record.version)?.weight ?? 0)
  }

  #releaseOf(record: ReleaseRecord, weightPercent: number): Release {
    const { service, version, commit, config, startedAtMs } = record
    const running = this.#processOf(record) !== null
    return { service, version, commit, configCommit: config?.commit, startedAtMs, weightPercent, running }
  }

  #definition(service: string): ServiceDefinition {
    const definition = this.#options.services.find((one) => one.name === service)
    if (definition !== undefined) return definition
    throw new CcpError('not-found', `no service ${service} is configured`, {
      mend: 'add it to services.yaml',
    })
  }

  #urlOf(service: string, version: string): string {
    return this.#urlIfKnown(service, version) ?? ''
  }

  #urlIfKnown(service: string, version: string): string | null {
    const record = this.#records.get(service, version)
    return record === null ? null : `http://127.0.0.1:${record.port}`
  }

  #healthUrl(record: ReleaseRecord): string {
    return `http://127.0.0.1:${record.port}${this.#definition(record.service).healthPath}`
  }

  #logFile(record: ReleaseRecord): string {
    return join(this.#options.logDir, `${record.service}@${record.version}.log`)
  }

  #configFile(service: string, version: string, path: string): string {
    return resolve(this.#options.stateDir, 'configs', `${service}@${version}`, basename(path))
  }

  #marker(record: ReleaseRecord): string {
    return `${resolve(this.#options.stateDir)}:${record.service}@${record.version}`
  }

  /** One change of a service at a time. */
  #inTurn<T>(service: string, work: () => Promise<T>): Promise<T> {
    const turn = (this.#queues.get(service) ?? Promise.resolve()).then(work, work)
    this.#queues.set(service, turn)
    return turn
  }
}

/** A backend that somebody else put into the router: left alone, taken to be running. */
function unmanaged(service: string, backend: Backend): Release {
  return {
    service,
    version: backend.version,
    commit: '',
    startedAtMs: 0,
    weightPercent: backend.weight,
    running: true,
  }
}
