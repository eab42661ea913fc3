import { describe, expect, it } from 'vitest'
import { ClonedRepositories } from '../../../src/integrations/git/clones.ts'
import { configDescriber } from '../../../src/integrations/git/describe-config.ts'
import { TemporaryRepository, aService, temporaryDirectory } from './temp-repository.ts'

function described(files: Readonly<Record<string, string>>[]) {
  const repository = new TemporaryRepository()
  const commits = files.map((each, at) => repository.commit(`change ${at}`, each))
  const config = { repository: repository.directory, branch: 'main', path: 'payment.env' }
  const service = aService({ config: { ...config, testCommand: null, protectedPaths: [] } })
  const clones = new ClonedRepositories(temporaryDirectory())
  return { commits, describeConfig: configDescriber([service], clones) }
}

describe('a change of configuration in words', () => {
  it('names the settings that differ, the most dangerous first, and counts what is left', async () => {
    const { commits, describeConfig } = described([
      { 'payment.env': 'A=1\nB=2\nPASSWORD=old\n' },
      { 'payment.env': 'B=3\nC=4\nD=5\nE=6\nPASSWORD=new\n' },
    ])
    const [from = '', to = ''] = commits
    expect(await describeConfig({ service: 'payment', from, to })).toBe(
      'A removed (was 1); B 2 -> 3; PASSWORD [redacted] -> [redacted]; C added (4); 2 more',
    )
  })

  it("leaves out what is not the service's own file", async () => {
    const { commits, describeConfig } = described([
      { 'payment.env': 'A=1\n' },
      { 'payment.env': 'A=1\n', 'checkout.env': 'B=2\n' },
    ])
    const [from = '', to = ''] = commits
    expect(await describeConfig({ service: 'payment', from, to })).toBe('')
  })

  it('says nothing where it cannot know: another service, a commit that is not there', async () => {
    const { commits, describeConfig } = described([{ 'payment.env': 'A=1\n' }])
    const to = commits[0] ?? ''
    expect(await describeConfig({ service: 'checkout', from: null, to })).toBe('')
    expect(await describeConfig({ service: 'payment', from: 'f'.repeat(40), to })).toBe('')
    expect(await describeConfig({ service: 'payment', from: null, to })).toBe('A added (1)')
  })
})
