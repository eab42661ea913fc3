import { describe } from 'vitest'
import { isThere, mendOf, type Tool } from '../../scripts/prepare-machine.ts'

/**
 * A group of tests that needs tools of the machine. Where one lacks, the group is skipped by a name that says the mend; under
 * CCP_REQUIRE_ALL=1 (as in CI) it fails instead.
 */
export function describeWith(tools: readonly Tool[], name: string, tests: () => void): void {
  const lacking = tools.filter((tool) => MISSING.has(tool))
  if (lacking.length === 0) return void describe(name, tests)
  const mends = lacking.map(mendOf).join('; ')
  const title = `${name} [skipped without ${lacking.join(', ')}: ${mends}]`
  if (process.env['CCP_REQUIRE_ALL'] === '1') throw new Error(`nothing may be skipped here: ${title}`)
  describe.skip(title, tests)
}

const ALL: readonly Tool[] = ['git', 'python3', 'bubblewrap', 'prometheus', 'go', 'java']
const present = await Promise.all(ALL.map(isThere))
const MISSING: ReadonlySet<Tool> = new Set(ALL.filter((_, i) => present[i] !== true))
