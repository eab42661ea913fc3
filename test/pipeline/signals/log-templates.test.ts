import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { LogTemplateMiner, maskedWords } from '../../../src/pipeline/signals/log-templates.ts'

describe('log templates', () => {
  it('are one for lines that differ in numbers, ids and times only', () => {
    const miner = new LogTemplateMiner()
    const first = miner.add('2026-03-01 12:00:01 INFO charged order 8841 in 12ms')
    expect(miner.add('2026-03-01 12:00:02 INFO charged order 9 in 140ms')).toBe(first)
    expect(miner.template(first)).toMatchObject({ count: 2 })
  })

  it('mark words in which their lines differ', () => {
    const miner = new LogTemplateMiner()
    const id = miner.add('INFO user alice logged in from the web shop')
    expect(miner.add('INFO user bob logged in from the web shop')).toBe(id)
    expect(miner.template(id)?.words).toEqual([
      'INFO',
      'user',
      '<*>',
      'logged',
      'in',
      'from',
      'the',
      'web',
      'shop',
    ])
  })

  it('are different for different events', () => {
    const miner = new LogTemplateMiner()
    expect(miner.add('INFO charged order 1')).not.toBe(miner.add('ERROR charge of order 1 was declined'))
    expect(miner.size).toBe(2)
  })

  it('look at the first words of a line only, however long it is', () => {
    expect(maskedWords('word '.repeat(100_000), 16)).toHaveLength(16)
    expect(new LogTemplateMiner().add('')).toBe(0)
  })

  it('keep a bounded number in a leaf', () => {
    const miner = new LogTemplateMiner({ similarity: 1, depth: 1, maxWords: 8, maxLeaf: 3 })
    for (const word of ['a', 'b', 'c', 'd', 'e', 'f']) miner.add(`start ${word} end`)
    expect(miner.size).toBe(3)
  })

  it('give the same line the same template at once, whatever it holds', () => {
    fc.assert(
      fc.property(fc.string(), (line) => {
        const miner = new LogTemplateMiner()
        expect(miner.add(line)).toBe(miner.add(line))
      }),
    )
  })
})
