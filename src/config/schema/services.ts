import { z } from 'zod'
import type { ConfigSource, ServiceDefinition } from '../../pipeline/services.ts'
import { duration } from './duration.ts'

const command = z.array(z.string()).min(1, 'is empty: write the program and its arguments as a list')
const ratio = z.number().gt(0, 'must be above 0').lt(1, 'must be below 1: 0.01 is one per cent')

const configSource = z
  .strictObject({
    repository: z.string('is missing: name a directory or URL that git can clone'),
    branch: z.string().default('main'),
    path: z
      .string("is missing: name the service's file in that repository")
      .refine(
        (path) => path.split('/').every((part) => !['', '.', '..'].includes(part)),
        'must be a path inside the repository, with "/" and without ".."',
      )
      .regex(/\.(?:env|ya?ml|json|toml)$/, 'must end in .env, .yaml, .yml, .json or .toml'),
    test: command.nullable().default(null),
    protectedPaths: z.array(z.string()).default([]),
  })
  .transform(({ test, ...rest }): ConfigSource => ({ ...rest, testCommand: test }))

const service = z.strictObject({
  repository: z.string('is missing: name a directory or URL that git can clone'),
  branch: z.string().default('main'),
  language: z.enum(
    ['python', 'javascript', 'typescript', 'java', 'go'],
    'must be python, javascript, typescript, java or go',
  ),
  dependsOn: z.array(z.string()).default([]),
  criticality: z.enum(['low', 'medium', 'high'], 'must be low, medium or high').default('medium'),
  pagerdutyServiceIds: z.array(z.string()).default([]),
  codeRoots: z.array(z.string()).default([]),
  test: command.nullable().default(null),
  start: command.nullable().default(null),
  environment: z.record(z.string(), z.string()).default({}),
  config: configSource.optional(),
  health: z.string().startsWith('/', 'must be a path: begin it with /').default('/healthz'),
  objective: z
    .strictObject({ errorRatio: ratio, latencyP95: duration().nullable().default(null) })
    .default({ errorRatio: 0.01, latencyP95: null }),
  protectedPaths: z.array(z.string()).default([]),
})

/** services.yaml: a map from name to service. Its output is the list that the pipeline knows. */
export const servicesSchema = z
  .strictObject({
    services: z.record(z.string().regex(/^[a-z0-9][a-z0-9._-]*$/i, 'is not a service name'), service),
  })
  .superRefine(({ services }, context) => {
    for (const [name, { dependsOn, repository, environment, config }] of Object.entries(services)) {
      const mistake = (path: readonly string[], message: string): void =>
        context.addIssue({ code: 'custom', path: ['services', name, ...path], message })
      if (config?.repository === repository)
        mistake(
          ['config', 'repository'],
          'is that of the code: what lies beside the code goes out with it, leave `config` out',
        )
      if (config !== undefined && 'CONFIG_FILE' in environment)
        mistake(
          ['environment', 'CONFIG_FILE'],
          'is set by the deploy target, to the file that `config` names: remove it',
        )
      dependsOn.forEach((target, i) => {
        if (target in services) return
        context.addIssue({
          code: 'custom',
          path: ['services', name, 'dependsOn', i],
          message: `names the service ${target}, which is not in this file: add it or correct the name`,
        })
      })
    }
  })
  .transform(({ services }): readonly ServiceDefinition[] =>
    Object.entries(services).map(([name, { test, start, health, objective, ...rest }]) => ({
      name,
      ...rest,
      testCommand: test,
      startCommand: start,
      healthPath: health,
      objective: { errorRatio: objective.errorRatio, latencyP95Ms: objective.latencyP95 },
    })),
  )
