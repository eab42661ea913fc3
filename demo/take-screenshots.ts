import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import type { Browser, Page } from 'playwright-core'
import { launchBrowser } from './launch-browser.ts'
import { scenarios } from './scenarios/all.ts'
import { startDemo, type Demo } from './start-demo.ts'

const WIDTH = 1400
const HEIGHT = 1000
const PATIENCE_MS = 120_000

/** Takes pictures of the page, and of the thread from top to bottom, under numbered names. */
class Camera {
  readonly #folder: string
  #taken = 0

  constructor(folder: string) {
    this.#folder = folder
    mkdirSync(folder, { recursive: true })
  }

  async page(page: Page, name: string): Promise<void> {
    await page.screenshot({ path: this.#path(name) })
  }

  /** The thread is as high as its messages, so that nothing of it is out of the picture. */
  async thread(page: Page, name: string): Promise<void> {
    const thread = page.getByTestId('thread')
    const height = await thread.evaluate((node) => node.scrollHeight)
    await page.setViewportSize({ width: WIDTH, height: height + 100 })
    await thread.screenshot({ path: this.#path(name) })
    await page.setViewportSize({ width: WIDTH, height: HEIGHT })
  }

  #path(name: string): string {
    this.#taken += 1
    const path = join(this.#folder, `${String(this.#taken).padStart(2, '0')}-${name}.png`)
    process.stdout.write(`${path}\n`)
    return path
  }
}

async function openAs(browser: Browser, demo: Demo, user: string): Promise<Page> {
  const page = await browser.newPage({ viewport: { width: WIDTH, height: HEIGHT } })
  page.setDefaultTimeout(PATIENCE_MS)
  await page.goto(`${demo.workspace.url}/?as=${user}&channel=CINCIDENTS`)
  await page.waitForSelector('body[data-ready]')
  return page
}

/** The thread of the newest incident. */
async function openThread(page: Page): Promise<void> {
  await page.getByTestId('reply-bar').last().click()
  await page.getByTestId('thread').waitFor()
}

async function press(page: Page, action: string): Promise<void> {
  await page.getByTestId('thread').locator(`[data-action-id="${action}"]`).last().click()
}

async function modal(camera: Camera, page: Page, action: string): Promise<void> {
  await press(page, action)
  await page.getByTestId('modal').locator('.blocks').waitFor()
  await camera.page(page, action)
  await page.getByTestId('modal-close').click()
}

/** Approved by the on-call engineer, and watched until the page is resolved. */
async function resolved(camera: Camera, browser: Browser, demo: Demo): Promise<void> {
  const page = await openAs(browser, demo, 'UONCALL001')
  await camera.page(page, 'before')
  await openThread(page)
  const thread = page.getByTestId('thread')
  await thread.getByText('For', { exact: true }).first().waitFor()
  await camera.page(page, 'diagnosis')
  await thread.locator('[data-action-id="approve"]').first().waitFor()
  await camera.page(page, 'approval')
  await camera.thread(page, 'approval-thread')
  await refused(camera, browser, demo)
  for (const action of ['showDiff', 'showEvidence', 'reject']) await modal(camera, page, action)
  await press(page, 'approve')
  await camera.page(page, 'confirm')
  await page.getByTestId('confirm-ok').click()
  await thread
    .getByText(/Canary at \d+ %/)
    .first()
    .waitFor()
  // A pause holds the canary where it is: without it the rollout is over before a picture is taken.
  await press(page, 'pause')
  await thread.locator('[data-action-id="resume"]').first().waitFor()
  await thread.locator('img[alt^="Error ratio"]').waitFor()
  await camera.page(page, 'paused')
  await press(page, 'resume')
  await thread.locator('[data-action-id="resume"]').first().waitFor({ state: 'detached' })
  await camera.page(page, 'canary')
  await thread.getByText(/Resolved after/).waitFor()
  await thread.locator('img[alt*="verdict pass"]').waitFor()
  await thread.locator('[data-action-id="pause"]').first().waitFor({ state: 'detached' })
  await camera.page(page, 'resolved')
  await camera.thread(page, 'resolved-thread')
  for (const tool of ['open-pagerduty', 'open-mail', 'open-demo']) {
    await page.getByTestId(tool).click()
    await camera.page(page, tool.slice('open-'.length))
  }
  await page.close()
}

async function refused(camera: Camera, browser: Browser, demo: Demo): Promise<void> {
  const page = await openAs(browser, demo, 'UOUTSIDE01')
  await openThread(page)
  await press(page, 'approve')
  await page.getByTestId('confirm-ok').click()
  await page.getByText('Only visible to you').first().waitFor()
  await camera.page(page, 'refused')
  await page.close()
}

/** Rejected with a reason: the incident goes to a person. */
async function handedOver(camera: Camera, browser: Browser, demo: Demo): Promise<void> {
  const page = await openAs(browser, demo, 'ULEAD00001')
  await page.locator('[data-action-id="reject"]').last().waitFor()
  await openThread(page)
  await press(page, 'reject')
  await page
    .getByTestId('modal')
    .locator('textarea')
    .fill('It hides the error: the address must be asked for')
  await page.getByTestId('modal-submit').click()
  await page
    .getByTestId('thread')
    .getByText(/Handed over to a person after/)
    .waitFor()
  await camera.page(page, 'handed-over')
  await camera.thread(page, 'handed-over-thread')
  await page.close()
}

const [folder] = process.argv.slice(2)
if (folder === undefined) {
  process.stderr.write('usage: node demo/take-screenshots.ts FOLDER\n')
  process.exit(2)
}
const camera = new Camera(resolve(folder))
const directory = mkdtempSync(join(tmpdir(), 'ccp-screenshots-'))
const demo = await startDemo({
  directory,
  port: 0,
  requestsPerSecond: 100,
  healthyMs: 12_000,
  unconfined: false,
  say: (text) => void process.stderr.write(`${text}\n`),
})
const browser = await launchBrowser()
try {
  const [scenario] = scenarios
  if (scenario === undefined) throw new Error('there is no scenario to take pictures of')
  await demo.breakShop(scenario)
  await resolved(camera, browser, demo)
  await demo.restoreShop()
  await demo.breakShop(scenario)
  await handedOver(camera, browser, demo)
} finally {
  await browser.close()
  await demo.close()
  rmSync(directory, { recursive: true, force: true })
}
