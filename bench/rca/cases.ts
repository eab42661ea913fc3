import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { readCaseFile } from '../../src/commands/case-file.ts'
import type { IncidentCase } from '../../src/pipeline/signals/telemetry.ts'
import { watch, type Taken } from './time.ts'

export interface Answer {
  readonly service: string | null
  readonly change?: string
  readonly negative?: boolean
}

export interface BenchCase {
  readonly id: string
  readonly dataset: string
  readonly answer: Answer
  readonly incidentCase: IncidentCase
  /** To read, unpack and validate it. */
  readonly load: Taken
}

/** What stops the benchmark, in words a person can act on; null where the folder is complete. */
export function whatIsMissing(directory: string): string | null {
  if (!existsSync(directory))
    return `there is no folder ${directory}: the public cases are not part of the repository; name the folder they were unpacked to`
  const files = ['index.json', 'answers.json'].filter((file) => !existsSync(join(directory, file)))
  return files.length === 0 ? null : `${directory} lacks ${files.join(' and ')}`
}

export async function* benchCases(directory: string): AsyncGenerator<BenchCase> {
  const index = readJson<Record<string, { readonly dataset: string }>>(join(directory, 'index.json'))
  const answers = readJson<Record<string, Answer>>(join(directory, 'answers.json'))
  for (const [id, { dataset }] of Object.entries(index)) {
    const answer = answers[id]
    const path = join(directory, `${id}.json.gz`)
    if (answer === undefined || !existsSync(path)) continue
    const stop = watch()
    const incidentCase = await readCaseFile(path)
    yield { id, dataset, answer, incidentCase, load: stop() }
  }
}

function readJson<T>(path: string): T {
  return JSON.parse(readFileSync(path, 'utf8')) as T
}
