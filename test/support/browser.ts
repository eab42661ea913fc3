import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import type { Locator, Page } from 'playwright-core'

/** Keeps a picture of what a person sees, where CCP_SCREENSHOTS names a folder. */
export async function keepPicture(of: Page | Locator, name: string): Promise<void> {
  const folder = process.env['CCP_SCREENSHOTS']
  if (folder === undefined) return
  mkdirSync(folder, { recursive: true })
  await of.screenshot({ path: join(folder, `${name}.png`) })
}
