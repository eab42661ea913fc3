import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { launchBrowser } from '../../demo/launch-browser.ts'
import { scenarios } from '../../demo/scenarios/all.ts'
import { keepPicture } from '../support/browser.ts'
import { startDemoRun, type DemoRun } from '../support/demo-run.ts'
import { describeWith } from '../support/needs.ts'

const SLOW_MS = 90_000
/** Buttons behind which Slack asks whether one is sure. */
const CONFIRMED = ['approve', 'rollBack']

describeWith(
  ['git', 'python3', 'bubblewrap'],
  'the scenario null-dereference, clicked through in a browser',
  () => {
    let run: DemoRun
    let browser: Browser
    const errors: string[] = []

    beforeAll(async () => {
      ;[run, browser] = await Promise.all([startDemoRun(), launchBrowser()])
      const [scenario] = scenarios
      if (scenario !== undefined) await run.demo.breakShop(scenario)
    })
    afterAll(async () => {
      await browser.close()
      await run.close()
    })

    async function openAs(user: string): Promise<Page> {
      const page = await browser.newPage({ viewport: { width: 1400, height: 1000 } })
      page.setDefaultTimeout(SLOW_MS)
      page.on('pageerror', (error) => errors.push(error.message))
      await page.goto(`${run.demo.workspace.url}/?as=${user}&channel=CINCIDENTS`)
      await page.waitForSelector('body[data-ready]')
      await page.getByTestId('reply-bar').first().click()
      return page
    }

    it('shows the diagnosis, refuses an outsider, is approved by the on-call engineer, paused, resumed and resolved', async () => {
      const onCall = await openAs('UONCALL001')
      const thread = onCall.getByTestId('thread')
      await thread.getByText('payment/receipt.py:13').first().waitFor()
      await thread.getByText('All 7 gates passed').waitFor()
      await thread.locator('[data-action-id="approve"]').first().waitFor()
      await keepPicture(onCall, '1-waiting-for-approval')

      const visitor = await openAs('UOUTSIDE01')
      await press(visitor, 'approve')
      await visitor.getByText('may approve this fix').first().waitFor()
      await keepPicture(visitor, '2-outsider-refused')
      await visitor.close()
      expect(run.record()?.approval?.votes).toEqual([])

      await openAndClose(onCall, 'showDiff', 'address is not None', '3-diff')
      await openAndClose(onCall, 'showEvidence', 'payment', '4-evidence')
      await openAndClose(onCall, 'reject', 'Reject', '5-reject')

      await press(onCall, 'approve')
      await thread.getByText('Approved by').waitFor()
      expect(await thread.locator('[data-action-id="approve"]').count()).toBe(0)

      await thread
        .getByText(/Canary at \d+ %/)
        .first()
        .waitFor()
      await press(onCall, 'pause')
      await thread.locator('[data-action-id="resume"]').first().waitFor()
      await keepPicture(onCall, '6-paused')
      await press(onCall, 'resume')
      await thread.locator('img[alt^="Error ratio"]').waitFor()
      await keepPicture(onCall, '7-canary')

      await thread.getByText(/Resolved after/).waitFor()
      await thread
        .locator('[data-action-id="rollBack"], [data-action-id="pause"]')
        .first()
        .waitFor({ state: 'detached' })
      await thread.locator('img[alt*="verdict pass"]').waitFor()
      await keepPicture(onCall, '8-resolved')
      await onCall.setViewportSize({ width: 1400, height: 4200 })
      await keepPicture(thread, '8-resolved-thread')
      await onCall.setViewportSize({ width: 1400, height: 1000 })

      await onCall.getByTestId('open-pagerduty').click()
      await onCall.getByTestId('pagerduty').getByText('resolved').first().waitFor()
      await keepPicture(onCall, '9-pagerduty')
      await onCall.getByTestId('open-mail').click()
      await onCall.getByTestId('mail').getByText('Approval needed').first().waitFor()
      expect(run.audit().report.valid).toBe(true)
      expect(errors).toEqual([])
    })

    /** The newest live button of that name in the thread, with the confirmation that Slack asks for where one is set. */
    async function press(page: Page, action: string): Promise<void> {
      await page.getByTestId('thread').locator(`[data-action-id="${action}"]`).last().click()
      if (CONFIRMED.includes(action)) await page.getByTestId('confirm-ok').click()
    }

    async function openAndClose(page: Page, action: string, shows: string, picture: string): Promise<void> {
      await page.getByTestId('thread').locator(`[data-action-id="${action}"]`).last().click()
      const modal = page.getByTestId('modal')
      await modal.getByText(shows).first().waitFor()
      await keepPicture(page, picture)
      await page.getByTestId('modal-close').click()
      await modal.waitFor({ state: 'detached' })
    }
  },
)
