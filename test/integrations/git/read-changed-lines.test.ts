import { describe, expect, it } from 'vitest'
import { GitSourceRepository } from '../../../src/integrations/git/source-repository.ts'
import { TemporaryRepository } from './temp-repository.ts'

describe('lines that a release changed', () => {
  it('are numbered after it, file by file', async () => {
    const repository = new TemporaryRepository()
    const before = repository.commit('start', {
      'a.py': 'one\ntwo\nthree\n',
      'old.py': Array.from({ length: 20 }, (_, k) => `line ${k}\n`).join(''),
      'gone.py': 'x\n',
    })
    const after = repository.commit('release', {
      'a.py': 'zero\none\nthree\nfour\n',
      'old.py': null,
      'new name.py': Array.from({ length: 20 }, (_, k) => `line ${k === 4 ? 'four' : k}\n`).join(''),
      'gone.py': null,
      'added.py': '+++ b/fake.py\n--- a/fake.py\n@@ -1 +1 @@\n',
    })
    const changed = await new GitSourceRepository(repository.directory).linesChanged(before, after)
    expect(changed.toSorted((a, b) => a.path.localeCompare(b.path))).toEqual([
      {
        path: 'a.py',
        lines: [
          { from: 1, to: 1 },
          { from: 4, to: 4 },
        ],
      },
      { path: 'added.py', lines: [{ from: 1, to: 3 }] },
      { path: 'new name.py', lines: [{ from: 5, to: 5 }] },
    ])
  })

  it('are none between a commit and itself', async () => {
    const repository = new TemporaryRepository()
    const only = repository.commit('start', { 'a.py': 'one\n' })
    expect(await new GitSourceRepository(repository.directory).linesChanged(only, only)).toEqual([])
  })
})
