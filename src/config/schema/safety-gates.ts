import { z } from 'zod'
import { Environment } from '@marcbachmann/cel-js'
import type { GateSettings } from '../../pipeline/gates/settings.ts'
import { duration } from './duration.ts'

const factor = z
  .number()
  .min(0, 'must not be negative')
  .max(10, 'is more than 10, with which every change fails')
const hardLimit = (what: string, max: number) =>
  z.int('must be a whole number').min(1, 'must be at least 1').max(max, `is more than ${max} ${what}`)

const sandbox = z.discriminatedUnion(
  'kind',
  [
    z.strictObject({ kind: z.literal('bubblewrap') }),
    z.strictObject({
      kind: z.literal('none'),
      acceptedRisk: z
        .string('is missing: say why foreign code may run with the rights of the bot')
        .min(10, 'is too short: say why foreign code may run with the rights of the bot'),
    }),
  ],
  'must be { kind: bubblewrap }, or { kind: none, acceptedRisk: ... }',
)

const limits = z.strictObject({
  wallTime: duration(),
  cpuTime: duration(),
  processes: hardLimit('processes', 10_000),
  memoryMiB: hardLimit('MiB', 65_536).min(256, 'is less than 256, with which no runtime starts'),
  diskMiB: hardLimit('MiB', 65_536),
  outputKiB: hardLimit('KiB', 65_536),
})

const deadlines = z.strictObject({
  syntax: duration(),
  'unit-tests': duration(),
  lint: duration(),
  'static-analysis': duration(),
  security: duration(),
  risk: duration(),
  policy: duration(),
})

const risk = z
  .strictObject({
    threshold: z.number().gt(0, 'must be above 0'),
    impact: z.strictObject({
      byCriticality: z.strictObject({ low: factor, medium: factor, high: factor }),
      perDependent: factor,
      max: factor,
    }),
    complexity: z.strictObject({
      perCodeLine: factor,
      perTestLine: factor,
      perFurtherFile: factor,
      perFurtherLanguage: factor,
      perBranch: factor,
      max: factor,
    }),
    tiers: z.strictObject({ medium: factor, high: factor }),
  })
  .refine(({ impact, complexity, threshold }) => impact.max * complexity.max > threshold, {
    path: ['threshold'],
    message:
      'cannot be reached by the highest impact and complexity, so that the gate could never fail: lower it',
  })
  .refine(({ tiers }) => tiers.medium <= tiers.high, {
    path: ['tiers', 'medium'],
    message: 'is above `high`: lower it',
  })

const rule = z.strictObject({
  name: z.string().regex(/^[a-z0-9][a-z0-9-]*$/, 'must be of small letters, digits and "-"'),
  allow: z.string().superRefine((text, context) => {
    const problem = celProblem(text)
    if (problem !== null) context.addIssue({ code: 'custom', message: `is not a CEL expression: ${problem}` })
  }),
  message: z.string().min(1, 'is empty: say what is wrong and how to mend it'),
})

/** Only the grammar: what a rule finds at run time is decided then, and fails closed. */
function celProblem(text: string): string | null {
  try {
    new Environment().parse(text)
    return null
  } catch (thrown) {
    return thrown instanceof Error ? (thrown.message.split('\n')[0] ?? '') : String(thrown)
  }
}

/** safety-gates.yaml. */
export const safetyGatesSchema = z
  .strictObject({
    sandbox,
    limits,
    testEnvironment: z.record(
      z.string().regex(/^[A-Za-z_]\w*$/, 'is not the name of a variable'),
      z.string(),
    ),
    deadline: deadlines,
    analysisTimeout: duration(),
    lint: z.strictObject({
      maxNewFindings: z.int().min(0, 'must not be negative'),
      ignoredRules: z.array(z.string()),
    }),
    staticAnalysis: z.strictObject({
      failOn: z.array(z.enum(['critical', 'error', 'warning'], 'must be critical, error or warning')),
      ignoredRules: z.array(z.string()),
    }),
    security: z.strictObject({ allowedHosts: z.array(z.string()) }),
    risk,
    policy: z.strictObject({
      forbiddenPaths: z.array(z.string()),
      maxFiles: z.int().min(1, 'must be at least 1'),
      maxChangedLines: z.int().min(1, 'must be at least 1'),
      allowBinaryFiles: z.boolean(),
      allowModeChanges: z.boolean(),
      rules: z.array(rule),
    }),
  })
  .refine(({ staticAnalysis }) => staticAnalysis.failOn.includes('critical'), {
    path: ['staticAnalysis', 'failOn'],
    message: 'must contain critical: a gate that lets everything through is none',
  })
  .transform(({ limits, deadline, analysisTimeout, risk, ...rest }): GateSettings => ({
    ...rest,
    limits: {
      wallMs: limits.wallTime,
      cpuSeconds: Math.max(1, Math.ceil(limits.cpuTime / 1000)),
      processes: limits.processes,
      memoryMiB: limits.memoryMiB,
      diskMiB: limits.diskMiB,
      outputKiB: limits.outputKiB,
    },
    deadlineMs: deadline,
    analysisTimeoutMs: analysisTimeout,
    risk: {
      threshold: risk.threshold,
      impactByCriticality: risk.impact.byCriticality,
      impactPerDependent: risk.impact.perDependent,
      maxImpact: risk.impact.max,
      complexityPerCodeLine: risk.complexity.perCodeLine,
      complexityPerTestLine: risk.complexity.perTestLine,
      complexityPerFurtherFile: risk.complexity.perFurtherFile,
      complexityPerFurtherLanguage: risk.complexity.perFurtherLanguage,
      complexityPerBranch: risk.complexity.perBranch,
      maxComplexity: risk.complexity.max,
      tiers: risk.tiers,
    },
  }))
