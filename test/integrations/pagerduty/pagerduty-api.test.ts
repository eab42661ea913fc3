import { afterEach, describe, expect, it } from 'vitest'
import { createPagerDuty, type PagerDutyOptions } from '../../../src/integrations/pagerduty/pagerduty-api.ts'
import { Bench } from '../../workspace/support.ts'

const bench = new Bench()
afterEach(() => bench.close())

const FROM = 'on-call-engineer@example.com'
const COMMAND = 'pd-Q1/7/note-page'

async function desk(change: Partial<PagerDutyOptions> = {}) {
  const workspace = await bench.workspace()
  const pages = createPagerDuty({
    token: workspace.tokens.pagerduty,
    fromEmail: FROM,
    apiUrl: workspace.pagerdutyUrl,
    ...change,
  })
  const trigger = (title = 'gateway: 5xx') => workspace.pagerduty.trigger({ service: 'gateway', title })
  return { pages, trigger, workspace, pagerduty: workspace.pagerduty }
}

describe('a note on a page', () => {
  it('is written with the words and the command it comes from', async () => {
    const { pages, trigger, pagerduty } = await desk()
    const { id } = trigger()
    await pages.addNote(id, COMMAND, 'CCP: fixed and verified.')
    const note = { content: `CCP: fixed and verified.\n[ccp ${COMMAND}]`, by: { email: FROM } }
    expect(pagerduty.notes(id)).toMatchObject([note])
  })

  it('is written once although the answer to the first try was lost', async () => {
    const { pages, trigger, pagerduty } = await desk()
    const { id } = trigger()
    const lost = { kind: 'silentAfterAccepting', holdMs: 5 } as const
    pagerduty.faults.add({ on: `POST /incidents/${id}/notes`, times: 1, answer: lost })
    await expect(pages.addNote(id, COMMAND, 'CCP hands over.')).rejects.toMatchObject({
      code: 'unavailable',
      retryable: true,
    })
    await pages.addNote(id, COMMAND, 'CCP hands over.')
    expect(pagerduty.notes(id)).toHaveLength(1)
  })

  it('keeps below the longest that PagerDuty takes', async () => {
    const { pages, trigger, pagerduty } = await desk()
    const { id } = trigger()
    await pages.addNote(id, COMMAND, 'x'.repeat(60_000))
    expect(pagerduty.notes(id)[0]?.content.endsWith(`[ccp ${COMMAND}]`)).toBe(true)
  })
})

describe('resolving and escalating', () => {
  it('resolves, and resolving again changes nothing', async () => {
    const { pages, trigger, pagerduty } = await desk()
    const incident = trigger()
    await pages.resolve(incident.id)
    await pages.resolve(incident.id)
    expect(pagerduty.incidents()[0]?.status).toBe('resolved')
  })

  it('escalates to the second level of the policy, however often it is asked', async () => {
    const { pages, trigger, pagerduty } = await desk()
    const incident = trigger()
    expect(incident.assignees.map(({ id }) => id)).toEqual(['UONCALL001'])
    await pages.escalate(incident.id)
    await pages.escalate(incident.id)
    expect(incident.assignees.map(({ id }) => id)).toEqual(['ULEAD00001'])
    expect(pagerduty.incidents()[0]?.status).toBe('triggered')
  })

  it('pages nobody for what is resolved already', async () => {
    const { pages, trigger, pagerduty } = await desk()
    const incident = trigger()
    pagerduty.resolve(incident.id)
    await pages.escalate(incident.id)
    expect(incident.assignees.map(({ id }) => id)).toEqual(['UONCALL001'])
  })

  it('names a page that is not there', async () => {
    const { pages } = await desk()
    await expect(pages.resolve('QNONE')).rejects.toMatchObject({ code: 'not-found', retryable: false })
  })
})

describe('polling', () => {
  it('reads all pages of the list, oldest first', async () => {
    const { pages, trigger } = await desk()
    for (let index = 0; index < 230; index += 1) trigger(`t${index}`)
    const found = await pages.pagesSince(Date.now() - 60_000)
    expect(new Set(found.map(({ title }) => title)).size).toBe(230)
    expect(found.map(({ createdAtMs }) => createdAtMs)).toEqual(
      found.map(({ createdAtMs }) => createdAtMs).toSorted((a, b) => a - b),
    )
    expect(found[0]).toMatchObject({ status: 'triggered', urgency: 'high', pagerdutyServiceName: 'gateway' })
  })

  it('leaves out what is older, and is empty where there is nothing', async () => {
    const { pages, trigger } = await desk()
    expect(await pages.pagesSince(0)).toEqual([])
    trigger()
    expect(await pages.pagesSince(Date.now() + 60_000)).toEqual([])
  })

  it('fails as a whole when one page of the list fails, rather than with a hole', async () => {
    const { pages, trigger, pagerduty } = await desk()
    for (let index = 0; index < 130; index += 1) trigger(`t${index}`)
    pagerduty.faults.add({ on: 'GET /incidents', times: 1, answer: { kind: 'delay', delayMs: 1 } })
    pagerduty.faults.add({ on: 'GET /incidents', times: 1, answer: { kind: 'status', status: 502 } })
    await expect(pages.pagesSince(0)).rejects.toMatchObject({ code: 'unavailable' })
  })
})

describe('what PagerDuty refuses', () => {
  it('says which variable to mend for a wrong token', async () => {
    const { pages } = await desk({ token: 'wrong' })
    await expect(pages.check()).rejects.toMatchObject({
      code: 'unauthorised',
      retryable: false,
      mend: expect.stringContaining('PAGERDUTY_API_TOKEN'),
    })
  })

  it('says which variable to mend for a requester that is no user', async () => {
    const { pages, trigger } = await desk({ fromEmail: 'nobody@example.com' })
    await expect(pages.addNote(trigger().id, COMMAND, 'x')).rejects.toMatchObject({
      code: 'bad-input',
      message: expect.stringContaining('Requester User Not Found'),
      mend: expect.stringContaining('PAGERDUTY_FROM_EMAIL'),
    })
  })

  it('waits as long as PagerDuty asks when it goes on being rate-limited', async () => {
    const { pages, pagerduty } = await desk()
    pagerduty.faults.add({ on: '*', times: 4, answer: { kind: 'rateLimited', retryAfterSec: 42 } })
    await expect(pages.check()).rejects.toMatchObject({ code: 'rate-limited', retryAfterMs: 42_000 })
    await pages.check()
  })

  it.each([
    ['a 500', { kind: 'status', status: 500 }],
    ['a 502 with HTML', { kind: 'status', status: 502, body: '<html>Bad Gateway</html>' }],
    ['HTML that claims to be well', { kind: 'status', status: 200, body: '<html>Log in</html>' }],
    ['JSON of another API', { kind: 'status', status: 200, body: '{"hello":"world"}' }],
  ] as const)('takes %s for an outage that may pass', async (_, answer) => {
    const { pages, pagerduty } = await desk()
    pagerduty.faults.add({ on: '*', times: 1, answer })
    await expect(pages.check()).rejects.toMatchObject({ code: 'unavailable', retryable: true })
  })

  it('gives up at its deadline, and the request with it', async () => {
    const { pages, pagerduty } = await desk({ deadlineMs: 50 })
    pagerduty.faults.add({ on: '*', times: 1, answer: { kind: 'delay', delayMs: 5_000 } })
    await expect(pages.check()).rejects.toMatchObject({ code: 'timeout', retryable: true })
  })

  it('says where nobody listens', async () => {
    const { pages } = await desk({ apiUrl: 'http://127.0.0.1:9' })
    await expect(pages.check()).rejects.toMatchObject({
      code: 'unavailable',
      message: expect.stringMatching(/cannot be reached for GET \/incidents/),
      mend: expect.stringContaining('PAGERDUTY_API_URL'),
    })
  })
})
