import { existsSync } from 'node:fs'
import { join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { z } from 'zod'
import { CcpError } from '../pipeline/errors.ts'
import { readYaml, type ConfigProblem } from './read-yaml.ts'
import { accessSchema } from './schema/access.ts'
import { concurrencySchema } from './schema/concurrency.ts'
import { deploymentSchema } from './schema/deployment.ts'
import { detectionSchema } from './schema/detection.ts'
import { environmentSchema, VARIABLES, type Environment } from './schema/environment.ts'
import { fixTemplatesSchema } from './schema/fix-templates.ts'
import { logsSchema } from './schema/logs.ts'
import { planningSchema } from './schema/planning.ts'
import { rcaSchema } from './schema/rca.ts'
import { safetyGatesSchema } from './schema/safety-gates.ts'
import { servicesSchema } from './schema/services.ts'
import { tracesSchema } from './schema/traces.ts'
import { verificationSchema } from './schema/verification.ts'

const FILES = {
  services: { file: 'services.yaml', schema: servicesSchema },
  access: { file: 'access.yaml', schema: accessSchema },
  concurrency: { file: 'concurrency.yaml', schema: concurrencySchema },
  detection: { file: 'detection.yaml', schema: detectionSchema },
  rca: { file: 'rca.yaml', schema: rcaSchema },
  logs: { file: 'logs.yaml', schema: logsSchema },
  traces: { file: 'traces.yaml', schema: tracesSchema },
  planning: { file: 'planning.yaml', schema: planningSchema },
  fixTemplates: { file: 'fix-templates.yaml', schema: fixTemplatesSchema },
  gates: { file: 'safety-gates.yaml', schema: safetyGatesSchema },
  deployment: { file: 'deployment.yaml', schema: deploymentSchema },
  verification: { file: 'verification.yaml', schema: verificationSchema },
} as const

type Files = typeof FILES
export type Settings = { readonly [K in keyof Files]: z.output<Files[K]['schema']> }
export type Config = Settings & { readonly environment: Environment }

/** The configuration that ships with the program: what a folder of one's own does not replace. */
const SHIPPED = fileURLToPath(new URL('../../config', import.meta.url))

type Variables = Readonly<Record<string, string | undefined>>

/** All YAML files and the environment. Throws one CcpError `bad-config` that names every mistake with file, line and mend. */
export function loadConfig(variables: Variables): Config {
  const problems: ConfigProblem[] = []
  const environment = readEnvironment(variables, problems)
  const settings: Partial<Settings> = readFiles(Object.keys(FILES) as (keyof Files)[], variables, problems)
  if (settings.rca?.review.ask === true && environment?.CCP_MODEL_URL === null)
    problems.push({
      file: 'rca.yaml',
      line: null,
      message: 'review.ask needs a model: set CCP_MODEL_URL and CCP_MODEL_NAME, or write false',
    })
  if (environment === null || problems.length > 0) throw badConfig(problems)
  return freeze({ ...(settings as Settings), environment })
}

/** Some of the YAML files only, for the commands that need no Slack and no PagerDuty. */
export function loadSettings<K extends keyof Files>(
  names: readonly K[],
  variables: Variables,
): Pick<Settings, K> {
  const problems: ConfigProblem[] = []
  const settings = readFiles(names, variables, problems)
  if (problems.length > 0) throw badConfig(problems)
  return freeze(settings as Pick<Settings, K>)
}

/** Some of the environment only, checked each by itself. Throws CcpError `bad-config` that names every mistake. */
export function loadVariables<K extends keyof Environment>(
  names: readonly K[],
  variables: Variables,
): Pick<Environment, K> {
  const problems: ConfigProblem[] = []
  const values: Partial<Environment> = {}
  for (const name of names) {
    const checked = environmentSchema.shape[name].safeParse(readVariable(name, variables))
    if (checked.success) Object.assign(values, { [name]: checked.data })
    for (const { message } of checked.error?.issues ?? [])
      problems.push({ file: 'environment', line: null, message: `${name} ${message}` })
  }
  if (problems.length > 0) throw badConfig(problems)
  return freeze(values as Pick<Environment, K>)
}

/** One variable with its default, for commands that need just that. */
export function readVariable(name: (typeof VARIABLES)[number]['name'], variables: Variables): string {
  const value = variables[name]
  if (value !== undefined && value !== '') return value
  return VARIABLES.find((variable) => variable.name === name)?.byDefault ?? ''
}

function readEnvironment(variables: Variables, problems: ConfigProblem[]): Environment | null {
  const before = problems.length
  const values: Record<string, string> = {}
  for (const { name, required, about } of VARIABLES) {
    values[name] = readVariable(name, variables)
    if (required && values[name] === '') {
      problems.push({ file: 'environment', line: null, message: `${name} is not set: ${about}` })
    }
  }
  const unset = new Set(problems.map((problem) => problem.message.split(' ')[0]))
  const checked = environmentSchema.safeParse(values)
  for (const issue of checked.error?.issues ?? []) {
    const name = issue.path.join('.')
    if (unset.has(name)) continue
    problems.push({ file: 'environment', line: null, message: `${name} ${issue.message}` })
  }
  return problems.length === before && checked.success ? checked.data : null
}

function readFiles(names: readonly (keyof Files)[], variables: Variables, problems: ConfigProblem[]): object {
  const folder = readVariable('CCP_CONFIG_DIR', variables)
  if (variables.CCP_CONFIG_DIR && !existsSync(folder)) {
    problems.push({
      file: folder,
      line: null,
      message: 'CCP_CONFIG_DIR names a folder that does not exist: create it or correct the name',
    })
  }
  const settings: Record<string, unknown> = {}
  for (const name of names) {
    const path = settingsFile(name, variables)
    const result = readYaml(path, relative(process.cwd(), path), FILES[name].schema, variables)
    if (result.kind === 'read') settings[name] = result.value
    else problems.push(...result.problems)
  }
  return settings
}

/** The file that holds these settings: one's own where there is one, else that which ships. */
export function settingsFile(name: keyof Files, variables: Variables): string {
  const { file } = FILES[name]
  const own = join(readVariable('CCP_CONFIG_DIR', variables), file)
  return existsSync(own) ? own : join(SHIPPED, file)
}

function badConfig(problems: readonly ConfigProblem[]): CcpError {
  const lines = problems.map(
    ({ file, line, message }) => `  ${file}${line === null ? '' : `:${line}`}: ${message}`,
  )
  const count = problems.length === 1 ? 'one mistake' : `${problems.length} mistakes`
  return new CcpError('bad-config', `the configuration has ${count}:\n${lines.join('\n')}`)
}

function freeze<T>(value: T): T {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return value
  Object.freeze(value)
  for (const part of Object.values(value)) freeze(part)
  return value
}
