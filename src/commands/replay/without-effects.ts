import { existsSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type Database from 'better-sqlite3'
import type { Config } from '../../config/load.ts'
import { SecretlintScanner } from '../../integrations/analysers/secretlint-scanner.ts'
import { borrowRepository } from '../../integrations/git/borrowed-repository.ts'
import { cloneDirectory, ClonedRepositories } from '../../integrations/git/clones.ts'
import { GitCheckouts } from '../../integrations/git/worktrees.ts'
import { createOutcomeHistory } from '../../integrations/sqlite/fix-outcomes.ts'
import { CcpError } from '../../pipeline/errors.ts'
import type { ExecuteDeps } from '../../pipeline/execute.ts'
import type { IncidentRecord } from '../../pipeline/machine.ts'
import type { PatchSuggester } from '../../pipeline/planning/ports.ts'
import type { DiagnosisReviewer } from '../../pipeline/rca/ports.ts'
import type { RepositorySource } from '../../pipeline/services.ts'
import { openTools } from '../gates.ts'
import { repositoryOf, serviceRepository } from '../service-repository.ts'
import type { Recording } from './read-recording.ts'
import { recordedSources } from './recorded-sources.ts'
import { releaseThen } from './release-then.ts'

/**
 * The world of a replay.
 *
 * W1  What would have an effect cannot be called: it fails, and says that a replay has none.
 * W2  Repositories are thrown away afterwards; they borrow the commits of the bot's clones and have branches of their own.
 * W3  The past is as it was: releases, sources, the outcomes of fixes known then, the answer of the model.
 */
export interface ReplayWorld {
  readonly deps: ExecuteDeps
  /** A text of a replay with the names that the repositories had for the bot. */
  asRecorded(text: string): string
  close(): Promise<void>
}

export type ReplaySettings = Omit<Config, 'environment' | 'detection' | 'logs' | 'traces'>

export interface ReplayInput {
  readonly record: IncidentRecord
  readonly recording: Recording
  readonly settings: ReplaySettings
  readonly db: Database.Database
  readonly dataDirectory: string
}

export function worldWithoutEffects(input: ReplayInput): ReplayWorld {
  const { record, recording, settings, db } = input
  const { services } = settings
  const nowMs = (): number => Math.round(recording.incidentCase.detectedAt * 1000)
  const repositories = throwAwayRepositories(join(input.dataDirectory, 'clones'))
  const tools = openTools(settings.gates, [])
  const deps: ExecuteDeps = {
    // Other incidents are not looked at: this one is replayed as if it were alone.
    journal: {
      intend: () => undefined,
      record: () => null,
      records: () => [],
      submit: () => refuse('write to the journal'),
    },
    services,
    access: settings.access,
    locks: {
      acquire: () => refuse('take a lock'),
      release: () => refuse('release locks'),
      holders: () => [],
    },
    pages: {
      addNote: () => refuse('write to a page'),
      resolve: () => refuse('resolve a page'),
      escalate: () => refuse('escalate a page'),
    },
    mailer: null,
    target: {
      releases: async (service) => [releaseThen(service, record, recording)],
      start: () => refuse('start a release'),
      setWeight: () => refuse('move traffic'),
      stop: () => refuse('stop a release'),
      health: () => refuse('ask for health'),
    },
    counters: { read: () => refuse('read counters') },
    concurrency: settings.concurrency,
    deployment: settings.deployment,
    verification: settings.verification,
    nowMs,
    rca: {
      ...recordedSources(recording, { services, settings: settings.rca }),
      reviewer: settings.rca.review.ask ? recordedReview(record) : null, // W3
    },
    planning: {
      templates: settings.fixTemplates,
      outcomes: createOutcomeHistory(db, { beforeMs: recording.recordedAtMs }), // W3
      suggestPatch: recordedSuggestion(record),
      settings: settings.planning,
    },
    gates: {
      checkouts: new GitCheckouts(),
      sandbox: tools.sandbox,
      analysers: tools.analysers,
      secretScanner: new SecretlintScanner(),
      settings: settings.gates,
    },
    async openRepository(service, part = 'code') {
      const directory = await repositories.open(repositoryOf(service, part))
      return serviceRepository(directory, async () => undefined) // W2
    },
  }
  return {
    deps,
    asRecorded: (text) => repositories.asRecorded(text),
    async close() {
      await tools.close()
      await repositories.remove()
    },
  }
}

function refuse(what: string): never {
  throw new CcpError('internal', `a replay has no effects, and was about to ${what}`) // W1
}

/** The model is not asked again: what it answered then stands in the plan. */
function recordedSuggestion({ plan }: IncidentRecord): PatchSuggester | null {
  const told = plan?.candidates.find(({ strategy }) => strategy === 'ai-patch')
  if (told?.recipe?.kind === 'ai-patch') {
    const { diff, model } = told.recipe
    return { suggest: async () => ({ kind: 'suggested', diff, model }) }
  }
  if (told === undefined || told.unavailable === 'no model is configured') return null
  const reason = told.unavailable ?? 'a replay asks no model'
  return { suggest: async () => ({ kind: 'none', reason }) }
}

/** Nor about the diagnosis. */
function recordedReview({ diagnosis }: IncidentRecord): DiagnosisReviewer | null {
  const told = diagnosis?.review
  if (told === undefined) return null
  const { model, answer, text: reason } = told
  return {
    model,
    review: async () => (answer === null ? { kind: 'none', reason } : { kind: 'answered', ...answer }),
  }
}

/** One for each that is looked into. */
function throwAwayRepositories(clones: string) {
  const opened = new Map<string, { readonly directory: string; readonly was: string }>()
  const removals: (() => Promise<void>)[] = []

  async function borrowed(source: RepositorySource): Promise<string> {
    const was = cloneDirectory(clones, source)
    const original = existsSync(was) ? was : await cloneForNow(source)
    const { directory, remove } = await borrowRepository(original)
    removals.push(remove)
    opened.set(source.name, { directory, was })
    return directory
  }

  /** Where the bot's clone is not here, one is made from the repository itself, for this replay alone. */
  async function cloneForNow(source: RepositorySource): Promise<string> {
    const cache = await mkdtemp(join(tmpdir(), 'ccp-replay-'))
    removals.push(() => rm(cache, { recursive: true, force: true }))
    return (await new ClonedRepositories(cache).open(source)).directory
  }

  return {
    open: async (source: RepositorySource) => opened.get(source.name)?.directory ?? (await borrowed(source)),
    asRecorded: (text: string) =>
      [...opened.values()].reduce((clean, { directory, was }) => clean.replaceAll(directory, was), text),
    async remove() {
      for (const remove of removals.splice(0).reverse()) await remove()
    },
  }
}
