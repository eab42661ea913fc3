import { describe, expect, it } from 'vitest'
import { releaseThen } from '../../../src/commands/replay/release-then.ts'
import type { Location } from '../../../src/pipeline/contracts.ts'
import { location, patch } from '../../support/incident-records.ts'
import { deploy, incidentCase, NOW } from '../../pipeline/rca/builders.ts'

const { service } = location
const NOTHING_SEEN = { deployed: {}, incidentCase: incidentCase({ changes: [] }) }
const inConfig = (surfaced: Location | null): Location => ({
  ...location,
  baseCommit: 'config-then',
  config: { change: 'LIMIT is 5 (was 500)', surfaced },
})

describe('what ran when an incident was recorded', () => {
  it('is what the fault was located in', () => {
    const seen = { ...NOTHING_SEEN, deployed: { [service]: { commit: 'recorded' } } }
    expect(releaseThen(service, { location, patch: null }, seen).commit).toBe(location.baseCommit)
  })

  it('is a pair where the fault was located in the configuration, with the code in which it surfaced', () => {
    const found = { location: inConfig({ ...location, baseCommit: 'code-then' }), patch: null }
    expect(releaseThen(service, found, NOTHING_SEEN)).toMatchObject({
      commit: 'code-then',
      configCommit: 'config-then',
    })
  })

  it('is with the recorded code where the fault of the configuration surfaced nowhere', () => {
    const seen = { ...NOTHING_SEEN, deployed: { [service]: { commit: 'recorded' } } }
    const found = { location: inConfig(null), patch: null }
    expect(releaseThen(service, found, seen)).toMatchObject({
      commit: 'recorded',
      configCommit: 'config-then',
    })
  })

  it('is with the configuration beside which the code was patched', () => {
    const pair = { part: 'code', otherCommit: 'config-then' } as const
    const found = { location, patch: { ...patch, service, pair } }
    expect(releaseThen(service, found, NOTHING_SEEN).configCommit).toBe('config-then')
  })

  it('is the pair that was recorded, where the stages found nothing', () => {
    const seen = { ...NOTHING_SEEN, deployed: { [service]: { commit: 'recorded', configCommit: 'set' } } }
    expect(releaseThen(service, { location: null, patch: null }, seen)).toMatchObject({
      commit: 'recorded',
      configCommit: 'set',
    })
  })

  it('is of the last deploy and the last change of configuration where nothing else tells', () => {
    const at = (secondsBefore: number, kind: 'deploy' | 'config') =>
      deploy({
        id: `${kind}-${secondsBefore}`,
        service,
        kind,
        at: NOW - secondsBefore,
        commit: `${kind}-${secondsBefore}`,
      })
    const changes = [at(900, 'deploy'), at(60, 'deploy'), at(30, 'config'), at(500, 'config')]
    const seen = { deployed: {}, incidentCase: incidentCase({ changes }) }
    expect(releaseThen(service, { location: null, patch: null }, seen)).toMatchObject({
      commit: 'deploy-60',
      configCommit: 'config-30',
    })
  })

  it('is refused where nothing tells', () => {
    expect(() => releaseThen(service, { location: null, patch: null }, NOTHING_SEEN)).toThrow(
      `the recording does not tell which commit of ${service} ran`,
    )
  })
})
