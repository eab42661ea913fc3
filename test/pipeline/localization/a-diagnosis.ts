import { parseStackTraces } from '../../../src/pipeline/signals/stack-traces.ts'
import type { Diagnosis } from '../../../src/pipeline/contracts.ts'

/** A diagnosis whose stack trace is the first one in `text`. */
export function aDiagnosis(text: string): Diagnosis {
  return {
    incidentId: 'incident-1',
    symptom: { service: 'gateway', text: 'error ratio 0.2' },
    hypotheses: [],
    abstained: null,
    stackTrace: parseStackTraces(text)[0] ?? null,
    failingInput: { kind: 'http', method: 'POST', path: '/charge', body: { address: null } },
    lookedAt: [],
    missing: [],
    computeMs: 0,
  }
}
