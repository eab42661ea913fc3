import chromium from '@sparticuz/chromium'
import { chromium as playwright, type Browser } from 'playwright-core'

/** A headless Chromium that came with npm; it needs no package of the system. */
export async function launchBrowser(): Promise<Browser> {
  // In one process, or without the zygote, Chromium dies with its first page.
  const args = chromium.args.filter((arg) => !/single-process|zygote/.test(arg))
  return playwright.launch({
    executablePath: await chromium.executablePath(),
    args: [...args, '--no-sandbox'],
    headless: true,
  })
}
