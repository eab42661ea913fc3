import { z } from 'zod'
import { duration } from './duration.ts'

const store = z.strictObject({ mostTraces: z.int().min(1, 'must be at least 1') })

/** traces.yaml: how much is read of what keeps traces; which that is, is said by the environment. */
export const tracesSchema = z
  .strictObject({
    deadline: duration(),
    parallel: z.int().min(1, 'must be at least 1').max(64, 'must be at most 64'),
    names: z
      .record(
        z.string(),
        z.array(z.string().min(1, 'is empty')).min(1, 'is empty: leave the service out instead'),
      )
      .default({}),
    jaeger: store,
    tempo: store,
  })
  .transform(({ deadline, ...rest }) => ({ deadlineMs: deadline, ...rest }))

export type TracesSettings = z.output<typeof tracesSchema>
