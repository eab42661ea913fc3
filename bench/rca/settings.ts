import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { parse } from 'yaml'
import { rcaSchema } from '../../src/config/schema/rca.ts'
import type { RcaSettings } from '../../src/pipeline/rca/settings.ts'

export function shippedSettings(): RcaSettings {
  const path = fileURLToPath(new URL('../../config/rca.yaml', import.meta.url))
  return rcaSchema.parse(parse(readFileSync(path, 'utf8')))
}
