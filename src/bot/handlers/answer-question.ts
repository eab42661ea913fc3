import type { DeliveryStore } from '../../pipeline/ports.ts'
import { auditAnswer, helpAnswer, statusAnswer, type AnswerView } from '../views/answers.ts'
import type { HandlerDeps } from './handler-deps.ts'

/** What is asked, and by whom. */
export interface Question {
  readonly words: string
  readonly userId: string
}

export interface QuestionDeps extends Pick<HandlerDeps, 'journal' | 'verifyAudit' | 'nowMs'> {
  readonly deliveries: DeliveryStore
  readonly teamUrl: string | null
}

export interface QuestionAnswer extends AnswerView {
  /** Whether all in the channel are to see it. */
  readonly isPublic: boolean
}

/** Answers `status`, `audit` and everything else with help. Throws what the audit verification throws. */
export function answerQuestion({ words, userId }: Question, deps: QuestionDeps): QuestionAnswer {
  const verb = words
    .replaceAll(/<@[^>]+>/g, ' ')
    .trim()
    .split(/\s+/)[0]
    ?.toLowerCase()
  switch (verb) {
    case 'status':
      return { ...status(deps), isPublic: false }
    case 'audit':
      return { ...auditAnswer(deps.verifyAudit(), userId, deps.nowMs()), isPublic: true }
    default:
      return { ...helpAnswer(), isPublic: false }
  }
}

const MANY = 200

function status({ journal, deliveries, teamUrl }: QuestionDeps): AnswerView {
  return statusAnswer(journal.records({ openOnly: true, limit: MANY }), (incidentId) => {
    const root = deliveries.deliveries(incidentId).find((row) => row.key === 'root')
    if (root === undefined || root.ts === '' || teamUrl === null) return null
    return `${teamUrl}archives/${root.channel}/p${root.ts.replace('.', '')}`
  })
}
