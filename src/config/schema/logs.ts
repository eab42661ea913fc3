import { z } from 'zod'
import { duration } from './duration.ts'

const names = z.array(z.string().min(1, 'is empty'))

const search = z.strictObject({
  index: z.string().min(1, 'is empty: name an index, an alias, or a pattern such as logs-*'),
  time: z.string().default('@timestamp'),
  service: names.min(1, 'is empty: name the fields that may hold the service'),
  stream: names.default([]),
  fields: names.min(1, 'is empty: name the fields to read'),
  pageLines: z.int().min(1).max(10_000, 'must be at most 10000, as far as an index is searched at once'),
})

const loki = z.strictObject({
  serviceLabel: z.string().regex(/^[a-zA-Z_]\w*$/, 'is not a label name'),
  matchers: z
    .string()
    .regex(/^[^{}|]*$/, 'must be matchers alone, such as namespace="shop": no braces and no pipes')
    .default(''),
  pageLines: z.int().min(1),
})

/** logs.yaml: how lines are found in log stores; which of them there are is said by the environment. */
export const logsSchema = z
  .strictObject({
    deadline: duration(),
    files: z.boolean(),
    names: z.record(z.string(), names.min(1, 'is empty: leave the service out instead')).default({}),
    search,
    loki,
  })
  .transform(({ deadline, ...rest }) => ({ deadlineMs: deadline, ...rest }))

export type LogsSettings = z.output<typeof logsSchema>
