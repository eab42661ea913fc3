import { kindsOfFix } from '../integrations/sqlite/fix-outcomes.ts'
import { openForReading } from '../integrations/sqlite/open-database.ts'
import { outcomesOf, type Fates } from '../pipeline/fix-fate.ts'
import { posterior } from '../pipeline/planning/confidence.ts'
import type { PlanningSettings } from '../pipeline/planning/settings.ts'
import type { FixTemplate } from '../pipeline/planning/templates/fix-template.ts'
import type { Write } from './write.ts'

interface Kind {
  readonly strategy: string
  readonly template: string | null
  /** Null for a kind that the configuration no longer has. */
  readonly prior: number | null
}

/** `ccp outcomes`: one JSON line for each kind of fix, with what became of it and how much it is believed in now. */
export function outcomesCommand(
  database: string,
  config: { readonly templates: readonly FixTemplate[]; readonly planning: PlanningSettings },
  write: Write,
): number {
  const { db, close } = openForReading(database)
  try {
    const seen = new Map(
      kindsOfFix(db).map(({ strategy, templateId, fates }) => [nameOf(strategy, templateId), fates]),
    )
    const configured = kindsIn(config)
    const known = new Set(configured.map(({ strategy, template }) => nameOf(strategy, template)))
    const gone = kindsOfFix(db)
      .filter(({ strategy, templateId }) => !known.has(nameOf(strategy, templateId)))
      .map(({ strategy, templateId }): Kind => ({ strategy, template: templateId, prior: null }))
    for (const kind of [...configured, ...gone]) {
      const fates = seen.get(nameOf(kind.strategy, kind.template)) ?? {}
      write(JSON.stringify(lineOf(kind, fates, config.planning.priorStrength)))
    }
    return 0
  } finally {
    close()
  }
}

function kindsIn({
  templates,
  planning,
}: {
  readonly templates: readonly FixTemplate[]
  readonly planning: PlanningSettings
}): readonly Kind[] {
  const strategies = Object.entries(planning.priors).map(([name, prior]) => ({
    strategy: name.replace(/[A-Z]/g, (capital) => `-${capital.toLowerCase()}`),
    template: null,
    prior,
  }))
  const own = templates.map(({ id, confidence }) => ({
    strategy: 'template',
    template: id,
    prior: confidence,
  }))
  return [...own, ...strategies]
}

function nameOf(strategy: string, template: string | null): string {
  return template === null ? strategy : `${strategy}/${template}`
}

function lineOf(kind: Kind, fates: Fates, priorStrength: number): object {
  const { worked, failed, rejected } = outcomesOf(fates)
  const belief = kind.prior === null ? null : posterior(kind.prior, priorStrength, { worked, failed })
  const confidence = belief === null ? null : Number(belief.confidence.toFixed(3))
  return { ...kind, worked, failed, rejected, confidence, fates }
}
