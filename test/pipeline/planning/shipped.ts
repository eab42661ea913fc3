import { fileURLToPath } from 'node:url'
import { readYaml } from '../../../src/config/read-yaml.ts'
import { fixTemplatesSchema } from '../../../src/config/schema/fix-templates.ts'
import { planningSchema } from '../../../src/config/schema/planning.ts'
import type { z } from 'zod'

function shipped<S extends z.ZodType>(name: string, schema: S): z.output<S> {
  const path = fileURLToPath(new URL(`../../../config/${name}`, import.meta.url))
  const result = readYaml(path, name, schema, {})
  if (result.kind === 'problems') throw new Error(JSON.stringify(result.problems, null, 2))
  return result.value
}

export const TEMPLATES = shipped('fix-templates.yaml', fixTemplatesSchema)
export const SETTINGS = shipped('planning.yaml', planningSchema)
