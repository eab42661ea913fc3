import type { NapiConfig } from '@ast-grep/napi'
import { parseSource } from '../../signals/parse-source.ts'
import type { FixTemplate } from './fix-template.ts'

/** Why ast-grep refuses the template's rule for one of its languages; null where it takes it. */
export function ruleFault(template: Pick<FixTemplate, 'languages' | 'rule' | 'constraints'>): string | null {
  const rule = { rule: template.rule, constraints: template.constraints } as NapiConfig
  for (const language of template.languages) {
    try {
      parseSource(language, '').root().find(rule)
    } catch (refusal) {
      const message = refusal instanceof Error ? refusal.message : String(refusal)
      return `${message.replace(/\s*\|->\s*/g, ' ').trim()} (for ${language})`
    }
  }
  return null
}
