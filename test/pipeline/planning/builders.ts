import { CcpError } from '../../../src/pipeline/errors.ts'
import type { Diagnosis, Location } from '../../../src/pipeline/contracts.ts'
import type { FileContent, PlanRepository } from '../../../src/pipeline/planning/ports.ts'
import type { PlanDeps } from '../../../src/pipeline/planning/plan-fix.ts'
import type { ServiceDefinition } from '../../../src/pipeline/services.ts'
import { SETTINGS, TEMPLATES } from './shipped.ts'

export const RECEIPT =
  'def build(order):\n    address = order.get("billing_address")\n    country = address["country"]\n    return {"country": country}\n'

export const BASE = 'b'.repeat(40)
export const SUSPECT = 'c'.repeat(40)
export const PREVIOUS = 'd'.repeat(40)

export function aLocation(changes: Partial<Location> = {}): Location {
  return {
    incidentId: 'incident-1',
    service: 'payment',
    repository: '/repository',
    baseCommit: BASE,
    language: 'python',
    file: 'payment/receipt.py',
    line: 3,
    symbol: 'build',
    snippet: { firstLine: 1, lines: RECEIPT.split('\n'), markedLine: 3 },
    exception: { type: 'TypeError', message: "'NoneType' object is not subscriptable" },
    frames: [],
    blame: null,
    suspectCommit: {
      commit: SUSPECT,
      author: 'Payments team',
      atMs: 1,
      subject: 'receipt: tax',
      because: 'it last changed the line',
    },
    failingInput: null,
    doubts: [],
    ...changes,
  }
}

export function aDiagnosis(confidence = 0.9): Diagnosis {
  return {
    incidentId: 'incident-1',
    symptom: { service: 'gateway', text: 'error ratio 0.2' },
    hypotheses: [
      {
        service: 'payment',
        change: {
          id: 'deploy-1',
          service: 'payment',
          kind: 'deploy',
          at: 1,
          summary: 'payment v2',
          completedAt: null,
          newInstances: [],
          oldInstances: [],
          targetReplicas: null,
        },
        confidence,
        summary: 'payment v2 crashes',
        evidenceFor: [],
        evidenceAgainst: [],
        path: ['payment', 'gateway'],
      },
    ],
    abstained: null,
    stackTrace: null,
    failingInput: null,
    lookedAt: [],
    missing: [],
    computeMs: 1,
  }
}

export function aService(changes: Partial<ServiceDefinition> = {}): ServiceDefinition {
  return {
    name: 'payment',
    repository: '/repository',
    branch: 'main',
    language: 'python',
    dependsOn: [],
    criticality: 'high',
    pagerdutyServiceIds: [],
    codeRoots: [],
    testCommand: ['python3', '-m', 'unittest', 'discover', '-s', 'tests'],
    startCommand: ['python3', '-m', 'payment'],
    environment: {},
    healthPath: '/healthz',
    objective: { errorRatio: 0.01, latencyP95Ms: null },
    protectedPaths: [],
    ...changes,
  }
}

/** A repository with these files at every commit. */
export function aRepository(
  files: Readonly<Record<string, string>> = { 'payment/receipt.py': RECEIPT },
  reverted: readonly FileContent[] | null = [
    { path: 'payment/receipt.py', content: 'def build(order):\n    return {}\n' },
  ],
): PlanRepository {
  return {
    directory: '/repository',
    readFile: async (_commit, path) => files[path] ?? null,
    revertedFiles: async () => {
      if (reverted === null) throw new CcpError('conflict', 'a later commit changed the same lines')
      return reverted
    },
    filesTurning: async () => [{ path: 'payment/receipt.py', content: '' }],
  }
}

export function planDeps(changes: Partial<PlanDeps> = {}): PlanDeps {
  return {
    diagnosis: aDiagnosis(),
    service: aService(),
    repository: aRepository(),
    release: {
      deployedCommit: BASE,
      previousCommit: PREVIOUS,
      otherCommitsInRelease: [
        { commit: 'e', subject: 'fees: maestro' },
        { commit: 'f', subject: 'readme' },
      ],
    },
    templates: TEMPLATES,
    outcomes: { outcomesOf: async () => ({ worked: 0, failed: 0 }) },
    suggestPatch: null,
    settings: SETTINGS,
    refused: [],
    earlierTries: [],
    mitigated: false,
    ...changes,
  }
}
