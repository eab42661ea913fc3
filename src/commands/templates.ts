import { relative } from 'node:path'
import { checkTemplateFile } from '../config/check-template-file.ts'
import { settingsFile } from '../config/load.ts'
import type { Write } from './write.ts'

/**
 * `ccp templates check [FILE]`: one JSON line for each problem and one that sums up. Answers the exit code: 0 all hold,
 * 1 a test of a template does not, 2 the file is no list of templates.
 */
export function templatesCheckCommand(
  file: string | undefined,
  variables: Readonly<Record<string, string | undefined>>,
  write: Write,
): number {
  const path = file ?? settingsFile('fixTemplates', variables)
  const shownAs = file ?? relative(process.cwd(), path)
  const { mistakes, failures, templates, tests } = checkTemplateFile(path, shownAs, variables)
  for (const problem of [...mistakes, ...failures]) write(JSON.stringify(problem))
  write(
    JSON.stringify({ file: shownAs, templates, tests, mistakes: mistakes.length, failures: failures.length }),
  )
  if (mistakes.length > 0) return 2
  return failures.length > 0 ? 1 : 0
}
