import { expect, it } from 'vitest'
import type { Location } from '../../../src/pipeline/contracts.ts'
import { rootMessage } from '../../../src/bot/views/root.ts'
import { sceneOf } from '../../../src/bot/views/scene.ts'
import { ACCESS, RECORDS } from '../../support/incident-records.ts'

const base = RECORDS.canary10

function channelText(type: string, message: string): string {
  const location: Location = { ...(base.location as Location), exception: { type, message } }
  const facts = { members: ACCESS.members, link: () => null, thread: () => null }
  return rootMessage(sceneOf({ ...base, location }, facts)).text
}

it.each([
  ['urllib.error.HTTPError', 'HTTP Error 503: Service Unavailable', 'There what it calls answered 503.'],
  ['ConnectionResetError', 'Connection reset by peer', 'There the connection to the other side broke.'],
])('the channel is told that %s is the failure of somebody who was called', (type, message, says) => {
  expect(channelText(type, message)).toContain(`: ${message}. ${says}`)
})

it('an exception of its own is told alone', () => {
  expect(channelText('TypeError', 'x is None')).not.toContain('There ')
})
