import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { planMessage } from '../../../src/bot/views/plan.ts'
import { outcomesCommand } from '../../../src/commands/outcomes.ts'
import { createOutcomeHistory, kindsOfFix } from '../../../src/integrations/sqlite/fix-outcomes.ts'
import { createJournal } from '../../../src/integrations/sqlite/journal.ts'
import { openDatabase, type JournalDatabase } from '../../../src/integrations/sqlite/open-database.ts'
import type { Actor, GateReport } from '../../../src/pipeline/contracts.ts'
import type { MachineEvent } from '../../../src/pipeline/machine.ts'
import { planFix } from '../../../src/pipeline/planning/plan-fix.ts'
import {
  approval,
  diagnosis,
  failedReport,
  harmful,
  incident,
  inconclusive,
  LEAD,
  location,
  MACHINE,
  ON_CALL,
  passed,
  patch,
  person,
  plan,
  report,
  rollout,
  vote,
} from '../../support/incident-records.ts'
import { aLocation, planDeps } from '../../pipeline/planning/builders.ts'
import { TEMPLATES } from '../../pipeline/planning/shipped.ts'

type Told = MachineEvent | readonly [MachineEvent, Actor]

const TEMPLATE = 'none-guard'
const gating: readonly Told[] = [
  { kind: 'opened', incident },
  { kind: 'diagnosed', diagnosis },
  { kind: 'located', location },
  { kind: 'planned', plan },
  { kind: 'patched', patch },
]
const waiting: readonly Told[] = [...gating, { kind: 'gated', report, approval }]
const atTen: readonly Told[] = [
  ...waiting,
  [{ kind: 'voted', vote: vote(ON_CALL, 'on-call') }, person(ON_CALL)],
  { kind: 'locksAcquired' },
  { kind: 'canaryReady', rollout },
  { kind: 'weightSet', percent: 10, deadlineMs: 9_000 },
]
const TEN = { ...rollout, phase: 'HEALTH_CHECK', weightPercent: 10 } as const
const look = (over: Partial<Extract<MachineEvent, { kind: 'observed' }>>): MachineEvent => ({
  kind: 'observed',
  rollout: TEN,
  verdict: inconclusive,
  step: 'rollBack',
  reason: 'in words',
  ...over,
})
const rolledBack: MachineEvent = { kind: 'rolledBack', detail: 'all traffic on the old release' }
const failing = (gate: string, status: 'failed' | 'blocked'): GateReport => ({
  ...failedReport,
  results: report.results.map((each) => (each.gate === gate ? { ...each, status } : each)),
})
const resolved: readonly Told[] = [
  ...atTen,
  look({ verdict: passed, step: 'advance' }),
  { kind: 'weightSet', percent: 50, deadlineMs: 9_000 },
  look({ verdict: passed, step: 'advance', rollout: { ...TEN, weightPercent: 50 } }),
  { kind: 'weightSet', percent: 100, deadlineMs: 9_000 },
  look({ verdict: passed, step: 'advance', rollout: { ...TEN, phase: 'VERIFICATION', weightPercent: 100 } }),
  { kind: 'rolloutFinished' },
]

describe('what became of the fixes', () => {
  let folder: string
  let database: JournalDatabase
  let count = 0

  const open = (): void => {
    database = openDatabase(join(folder, 'journal.sqlite'))
  }
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'ccp-outcomes-'))
    open()
  })
  afterEach(() => {
    database.close()
    rmSync(folder, { recursive: true, force: true })
  })

  /** One incident of its own, through the real journal. */
  function live(...told: readonly Told[]): string {
    count += 1
    const incidentId = `pd-${count}`
    const journal = createJournal(database.db, { timing: { observeEveryMs: 1, lockRetryMs: 1 }, leaseMs: 1 })
    for (const [at, each] of told.entries()) {
      const [event, actor]: readonly [MachineEvent, Actor] = 'kind' in each ? [each, MACHINE] : each
      const own = event.kind === 'opened' ? { ...event, incident: { ...incident, incidentId } } : event
      const eventId = `${incidentId}:${at}`
      const result = journal.submit({ eventId, incidentId, event: own, actor, atMs: 1_000 + at })
      if (result.kind !== 'applied') throw new Error(`${event.kind} was ignored`)
    }
    return incidentId
  }
  const outcomes = () =>
    createOutcomeHistory(database.db).outcomesOf({ strategy: 'template', templateId: TEMPLATE })
  const fates = () => kindsOfFix(database.db)[0]?.fates

  it.each([
    ['verified at all traffic', resolved, 'verified', { worked: 1, failed: 0 }],
    ['found worse', [...atTen, look({ verdict: harmful }), rolledBack], 'harmful', { worked: 0, failed: 1 }],
    [
      'taken back by a person after it was found worse',
      [
        ...atTen,
        look({ verdict: harmful, step: 'wait' }),
        [{ kind: 'rollBackRequested', reason: 'look at it' }, person(LEAD)],
        rolledBack,
      ],
      'harmful',
      { worked: 0, failed: 1 },
    ],
    [
      'of which the canary fell ill',
      [...atTen, look({ rollout: { ...TEN, health: { healthy: false, detail: 'exit 1' } } }), rolledBack],
      'unhealthy',
      { worked: 0, failed: 1 },
    ],
    [
      'that changed nothing until the deadline',
      [...atTen, look({ verdict: { ...inconclusive, noHarm: true, cured: false } }), rolledBack],
      'useless',
      { worked: 0, failed: 1 },
    ],
    [
      'that breaks a test',
      [...gating, { kind: 'gated', report: failing('unit-tests', 'failed'), approval: null }],
      'failed-tests',
      { worked: 0, failed: 1 },
    ],
  ] as const satisfies readonly (readonly [string, readonly Told[], string, object])[])(
    'counts a fix %s',
    async (_, told, fate, expected) => {
      live(...told)
      expect(fates()).toEqual({ [fate]: 1 })
      expect(await outcomes()).toMatchObject(expected)
    },
  )

  it.each([
    ['without evidence until the deadline', [...atTen, look({}), rolledBack], 'unverified'],
    [
      'that a person took back unjudged',
      [...atTen, [{ kind: 'rollBackRequested', reason: 'the freeze begins' }, person(LEAD)], rolledBack],
      'taken-back',
    ],
    [
      'whose rollout failed beside it',
      [...atTen, { kind: 'rolloutFailed', reason: 'the locks were lost' }, rolledBack],
      'broken-off',
    ],
    [
      'that was broken off before it took traffic',
      [...atTen.slice(0, 8), { kind: 'rollBackRequested', reason: 'not now' }, rolledBack],
      'broken-off',
    ],
    ['that a person rejected', [...waiting, [{ kind: 'rejected', reason: 'no' }, person(LEAD)]], 'rejected'],
    [
      'of too great a risk',
      [...gating, { kind: 'gated', report: failing('risk', 'failed'), approval: null }],
      'stopped',
    ],
    [
      'whose tests could not be run',
      [...gating, { kind: 'gated', report: failing('unit-tests', 'blocked'), approval: null }],
      'stopped',
    ],
  ] as const satisfies readonly (readonly [string, readonly Told[], string])[])(
    'keeps, and does not count, a fix %s',
    async (_, told, fate) => {
      live(...told)
      expect(fates()).toEqual({ [fate]: 1 })
      expect(await outcomes()).toMatchObject({ worked: 0, failed: 0 })
    },
  )

  it('counts a fix that fails the same way again in its incident once', async () => {
    const failed: Told = { kind: 'gated', report: failing('syntax', 'failed'), approval: null }
    live(...gating, failed, [{ kind: 'retryRequested' }, person(LEAD)], ...gating.slice(1), failed)
    expect(await outcomes()).toMatchObject({ failed: 1 })
  })

  it('learns over a restart, and the thread says what it learned', async () => {
    for (let times = 0; times < 7; times += 1) live(...resolved)
    live(...atTen, look({ verdict: harmful }), rolledBack)
    live(...waiting, [{ kind: 'rejected', reason: 'we want the address' }, person(LEAD)])
    database.close()
    open()
    const kind = TEMPLATES.map((template) => ({ ...template, id: TEMPLATE }))
    const deps = planDeps({ templates: kind, outcomes: createOutcomeHistory(database.db) })
    const planned = await planFix(aLocation(), deps)
    if (planned.kind !== 'done') throw new Error('no plan')
    const learned = planned.value.candidates.find(({ strategy }) => strategy === 'template')
    expect(learned?.confidenceBasis).toBe('worked 7 of 8 times; rejected 1 time')
    expect(JSON.stringify(planMessage(planned.value).blocks)).toContain(
      'worked 7 of 8 times; rejected 1 time',
    )
    const fresh = await planFix(aLocation(), planDeps({ templates: kind }))
    const before = fresh.kind === 'done' ? fresh.value.candidates : []
    expect(before.find(({ strategy }) => strategy === 'template')?.confidenceBasis).toBe(
      'prior, no outcomes yet',
    )
  })

  it('is printed by kind, with what is believed now', () => {
    live(...resolved)
    live(...atTen, look({ verdict: harmful }), rolledBack)
    const lines: Record<string, unknown>[] = []
    const template = { ...(TEMPLATES[0] as (typeof TEMPLATES)[number]), confidence: 0.8 }
    const planning = { ...planDeps().settings, priorStrength: 4 }
    const config = { templates: [{ ...template, id: TEMPLATE }], planning }
    const write = (text: string): void => void lines.push(JSON.parse(text) as Record<string, unknown>)
    expect(outcomesCommand(join(folder, 'journal.sqlite'), config, write)).toBe(0)
    expect(lines[0]).toEqual({
      strategy: 'template',
      template: TEMPLATE,
      prior: 0.8,
      worked: 1,
      failed: 1,
      rejected: 0,
      confidence: 0.7, // (0.8 x 4 + 1) / (4 + 2)
      fates: { harmful: 1, verified: 1 },
    })
    expect(lines.find(({ strategy }) => strategy === 'revert-commit')).toMatchObject({ worked: 0, failed: 0 })
    const other = { templates: [], planning }
    lines.length = 0
    outcomesCommand(join(folder, 'journal.sqlite'), other, write)
    expect(lines.at(-1)).toMatchObject({ template: TEMPLATE, prior: null, confidence: null, worked: 1 })
  })

  it('is taken along from the first version of the journal', async () => {
    database.close()
    const old = new Database(join(folder, 'journal.sqlite'))
    old.exec(`DROP TABLE fix_outcomes;
      CREATE TABLE fix_outcomes (
        incident_id TEXT NOT NULL, version INTEGER NOT NULL, strategy TEXT NOT NULL, template_id TEXT,
        worked INTEGER NOT NULL, at_ms INTEGER NOT NULL, PRIMARY KEY (incident_id, version)) STRICT;
      INSERT INTO fix_outcomes VALUES ('pd-1', 9, 'template', '${TEMPLATE}', 1, 5), ('pd-2', 9, 'template', '${TEMPLATE}', 0, 6);
      PRAGMA user_version = 1`)
    old.close()
    open()
    expect(await outcomes()).toEqual({ worked: 1, failed: 0, rejected: 0 })
    expect(fates()).toEqual({ verified: 1, unverified: 1 })
    live(...resolved)
    expect(await outcomes()).toMatchObject({ worked: 2 })
  })
})
