import chromium from '@sparticuz/chromium'
import { chromium as playwright } from 'playwright-core'
import type { Browser, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import type { Workspace } from '../../demo/workspace/workspace.ts'
import { Bench, button, incidents, lead, onCall, section } from '../workspace/support.ts'

const bench = new Bench()
let browser: Browser

beforeAll(async () => {
  const args = chromium.args.filter((arg) => !/single-process|zygote/.test(arg))
  browser = await playwright.launch({
    executablePath: await chromium.executablePath(),
    args: [...args, '--no-sandbox'],
    headless: true,
  })
})
afterAll(() => browser.close())
afterEach(() => bench.close())

/** The page as one person sees it; a script error on it fails the test. */
async function open(workspace: Workspace, user: string): Promise<Page> {
  const page = await browser.newPage({ viewport: { width: 1280, height: 860 } })
  const errors: string[] = []
  page.on('pageerror', (error) => errors.push(error.message))
  bench.onClose(async () => {
    await page.close()
    expect(errors).toEqual([])
  })
  await page.goto(`${workspace.url}/?as=${user}&channel=${incidents}`)
  await page.waitForSelector('body[data-ready]')
  return page
}

const modal = {
  type: 'modal' as const,
  callback_id: 'reason',
  title: { type: 'plain_text' as const, text: 'Reject' },
  submit: { type: 'plain_text' as const, text: 'Send' },
  blocks: [
    {
      type: 'input' as const,
      block_id: 'why',
      label: { type: 'plain_text' as const, text: 'Why?' },
      element: { type: 'plain_text_input' as const, action_id: 'text', multiline: true },
    },
  ],
}

describe('the page', () => {
  it('shows a click as pending, takes the update in place and keeps the thread live', async () => {
    const workspace = await bench.workspace()
    const release = Promise.withResolvers<void>()
    const app = await bench.app(workspace, (bolt) =>
      bolt.action('approve', async ({ ack, body, client }) => {
        await release.promise
        await ack()
        const ts = 'message' in body ? (body.message?.ts ?? '') : ''
        await client.chat.update({
          channel: incidents,
          ts,
          text: 'done',
          blocks: [section(`approved by <@${body.user.id}>`)],
        })
        await client.chat.postMessage({ channel: incidents, thread_ts: ts, text: 'deploying' })
      }),
    )
    const confirm = { text: { type: 'mrkdwn' as const, text: 'Really?' } }
    const { ts = '' } = await app.client.chat.postMessage({
      channel: incidents,
      text: 'Deploy?',
      blocks: [
        section('Deploy?'),
        { type: 'actions', elements: [{ ...button('approve', 'Approve', '42'), confirm }] },
      ],
    })
    const page = await open(workspace, lead)
    const approve = page.locator(`[data-ts="${ts}"] [data-action-id=approve]`)
    await approve.click()
    await page.click('[data-testid=confirm-ok]')
    await page.waitForSelector(`[data-ts="${ts}"] [data-action-id=approve]:disabled`)
    release.resolve()
    await page.waitForSelector(`[data-ts="${ts}"] >> text=approved by @Incident lead`)
    await page.click(`[data-ts="${ts}"] [data-testid=reply-bar]`)
    await page.waitForSelector('[data-testid=thread] >> text=deploying')
    await app.client.chat.postMessage({ channel: incidents, thread_ts: ts, text: 'canary at 10 %' })
    await page.waitForSelector('[data-testid=thread] >> text=canary at 10 %')
    expect(await approve.count()).toBe(0)
  })

  it('keeps what was typed in a modal when its submission is refused, and closes it when accepted', async () => {
    const workspace = await bench.workspace()
    const reasons: string[] = []
    const app = await bench.app(workspace, (bolt) => {
      bolt.action('reject', async ({ ack, body, client }) => {
        await ack()
        await client.views.open({ trigger_id: 'trigger_id' in body ? body.trigger_id : '', view: modal })
      })
      bolt.view('reason', async ({ ack, view }) => {
        const reason = view.state.values.why?.text?.value ?? ''
        reasons.push(reason)
        await (reason.length < 10 ? ack({ response_action: 'errors', errors: { why: 'Say more' } }) : ack())
      })
    })
    await app.client.chat.postMessage({
      channel: incidents,
      text: 'x',
      blocks: [{ type: 'actions', elements: [button('reject', 'Reject')] }],
    })
    const page = await open(workspace, onCall)
    await page.click('[data-action-id=reject]')
    const text = page.locator('[data-testid=modal] textarea')
    await text.fill('too short')
    await page.click('[data-testid=modal-submit]')
    await page.waitForSelector('[data-testid=modal] >> text=Say more')
    expect(await text.inputValue()).toBe('too short')
    await text.fill('the tests are red')
    await page.click('[data-testid=modal-submit]')
    await page.waitForSelector('[data-testid=modal]', { state: 'detached' })
    expect(reasons).toEqual(['too short', 'the tests are red'])
  })

  it('acts as another person, who sees no whisper meant for the first', async () => {
    const workspace = await bench.workspace()
    const app = await bench.app(workspace)
    await app.client.chat.postEphemeral({ channel: incidents, user: onCall, text: 'only for on-call' })
    const page = await open(workspace, onCall)
    await page.waitForSelector('text=only for on-call')
    await page.click(`[data-testid=act-as] [data-user-id=${lead}]`)
    await page.waitForSelector('text=only for on-call', { state: 'detached' })
    await page.fill('[data-testid=composer]', 'hello from the *lead*')
    await page.press('[data-testid=composer]', 'Enter')
    await page.waitForSelector('[data-testid=channel] b >> text=lead')
    expect(workspace.messages(incidents)).toMatchObject([{ user: lead, text: 'hello from the *lead*' }])
  })

  it('triggers an incident and comes back after the connection was lost', async () => {
    const workspace = await bench.workspace()
    const page = await open(workspace, onCall)
    await page.click('[data-testid=open-pagerduty]')
    await page.fill('[data-testid=pagerduty-title]', 'gateway: 5xx')
    await page.click('[data-testid=pagerduty-trigger]')
    await page.waitForSelector('[data-testid=pagerduty] >> text=gateway: 5xx')
    expect(workspace.pagerduty.incidents()).toMatchObject([{ title: 'gateway: 5xx', status: 'triggered' }])
    workspace.cutPages()
    await page.waitForSelector('text=Reconnecting')
    await workspace.actAs(lead).post('sent while away')
    await page.waitForSelector('text=sent while away')
    await page.waitForSelector('text=Reconnecting', { state: 'detached' })
  })
})
