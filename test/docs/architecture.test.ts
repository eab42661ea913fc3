import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { withDrawings } from '../../scripts/draw-machine.ts'

describe('docs/architecture.md', () => {
  it('shows the machine as its tables are (mend: npm run docs)', () => {
    const text = readFileSync(new URL('../../docs/architecture.md', import.meta.url), 'utf8')
    expect(withDrawings(text)).toBe(text)
  })
})
