import { renameSync, mkdirSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { execa } from 'execa'
import type { DeployEntry } from '../../src/integrations/processes/deploy-history.ts'
import type { Repository, ShopRelease } from './build-repositories.ts'

/** A release that has been in production for days when a scenario begins. */
export interface StandingRelease extends Pick<ShopRelease, 'commit' | 'version'> {
  readonly repository: Pick<Repository, 'service' | 'path'>
  /** Of the settings that it runs with, where it reads any. */
  readonly configCommit?: string | undefined
}

/**
 * Writes the deploy history that a scenario begins with: every service went into production on the day its release was cut.
 * When the curtain rises the shop has run for days; that it is put up in seconds, and put back after each scenario, is no
 * event in its world, and nobody in it should look for the cause there.
 */
export async function stageDeploys(file: string, standing: readonly StandingRelease[]): Promise<void> {
  const entries = await Promise.all(standing.map(entryOf))
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(`${file}.new`, entries.map((entry) => `${JSON.stringify(entry)}\n`).join(''))
  renameSync(`${file}.new`, file)
}

async function entryOf({ repository, commit, version, configCommit }: StandingRelease): Promise<DeployEntry> {
  const { service, path } = repository
  const { stdout } = await execa('git', ['-C', path, 'log', '-1', '--format=%ct', commit])
  return {
    service,
    version,
    commit,
    previousVersion: null,
    previousCommit: null,
    configCommit,
    percent: 100,
    atMs: Number(stdout) * 1000,
  }
}
