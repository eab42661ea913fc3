import { renameSync, mkdirSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { execa } from 'execa'
import type { DeployEntry } from '../../src/integrations/processes/deploy-history.ts'
import type { Repository } from './build-repositories.ts'
import type { ServiceName } from './services.ts'

/**
 * Writes the deploy history that a scenario begins with: every service went into production on the day its healthy release
 * was cut. When the curtain rises the shop has run for days; that it is put up in seconds, and put back after each
 * scenario, is no event in its world, and nobody in it should look for the cause there.
 */
export async function stageDeploys(
  file: string,
  repositories: readonly Repository[],
  configCommits: Readonly<Partial<Record<ServiceName, string>>>,
): Promise<void> {
  const entries = await Promise.all(
    repositories.map(async (each) => ({
      ...(await entryOf(each)),
      configCommit: configCommits[each.service],
    })),
  )
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(`${file}.new`, entries.map((entry) => `${JSON.stringify(entry)}\n`).join(''))
  renameSync(`${file}.new`, file)
}

async function entryOf({ service, path, commits, versions }: Repository): Promise<DeployEntry> {
  const { stdout } = await execa('git', ['-C', path, 'log', '-1', '--format=%ct', commits.healthy])
  return {
    service,
    version: versions.healthy,
    commit: commits.healthy,
    previousVersion: null,
    previousCommit: null,
    percent: 100,
    atMs: Number(stdout) * 1000,
  }
}
