import { describe, expect, it } from 'vitest'
import { withinTime } from '../../../src/integrations/traces/within-time.ts'

const untilAborted = (signal: AbortSignal): Promise<never> =>
  new Promise((_, reject) => {
    signal.addEventListener('abort', () => reject(new Error('aborted')))
  })

describe('work within a time', () => {
  it('is done so many at a time, with the answers in the order of the items', async () => {
    let atOnce = 0
    let most = 0
    const items = Array.from({ length: 20 }, (_, i) => i)
    const { answers, came } = await withinTime(items, { parallel: 3, deadlineMs: 5_000 }, async (item) => {
      most = Math.max(most, (atOnce += 1))
      for (let turn = 0; turn < 5 + (item % 3); turn += 1) await Promise.resolve()
      atOnce -= 1
      return item * 2
    })
    expect(most).toBe(3)
    expect(came).toBe(20)
    expect(answers).toEqual(items.map((item) => item * 2))
  })

  it('keeps what is done when the time is over, and aborts the rest', async () => {
    const { answers, came } = await withinTime(
      [1, 2, 3, 4],
      { parallel: 2, deadlineMs: 20 },
      async (item, signal) => (item === 2 ? untilAborted(signal) : item === 4 ? untilAborted(signal) : item),
    )
    expect(answers).toEqual([1, undefined, 3, undefined])
    expect(came).toBe(2)
  })

  it('ends with the first fault, and aborts the rest', async () => {
    let aborted = 0
    const work = withinTime([1, 2, 3], { parallel: 2, deadlineMs: 60_000 }, async (item, signal) => {
      if (item === 2) throw new Error('no shards')
      return untilAborted(signal).catch((thrown: unknown) => {
        aborted += 1
        throw thrown
      })
    })
    await expect(work).rejects.toThrow('no shards')
    expect(aborted).toBe(1)
  })

  it('is nothing where there is nothing to do', async () => {
    expect(await withinTime([], { parallel: 2, deadlineMs: 20 }, async () => 1)).toEqual({
      answers: [],
      came: 0,
    })
  })
})
