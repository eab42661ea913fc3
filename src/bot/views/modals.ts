import type { ModalView } from '@slack/types'
import { ESCALATE_MODAL, REASON_BLOCK, REASON_INPUT, REJECT_MODAL } from '../ids.ts'
import type { IncidentRecord } from '../../pipeline/machine.ts'
import { section } from './blocks.ts'
import { escalationWords } from './page-words.ts'
import { line, plain } from './text.ts'

/** Asks for the reason of a rejection, without which it would teach nobody anything. */
export function rejectModal(record: IncidentRecord, metadata: string): ModalView {
  return reasonModal({
    callbackId: REJECT_MODAL,
    title: 'Reject this fix',
    submit: 'Reject',
    intro: `*${line(record.patch?.title ?? record.incident.title, 300)}*\nNothing is changed. The incident is handed over to you, and this fix is not proposed again.`,
    label: 'Why?',
    placeholder: 'For example: it hides the error instead of mending it',
    optional: false,
    metadata,
  })
}

export function escalateModal(record: IncidentRecord, metadata: string): ModalView {
  return reasonModal({
    callbackId: ESCALATE_MODAL,
    title: 'Escalate',
    submit: 'Escalate',
    intro: `*${line(record.incident.title, 300)}*\n${escalationWords(record.incident)} The work goes on.`,
    label: 'What do you need?',
    placeholder: 'For example: somebody of the Payments team',
    optional: true,
    metadata,
  })
}

interface ReasonModal {
  readonly callbackId: string
  readonly title: string
  readonly submit: string
  readonly intro: string
  readonly label: string
  readonly placeholder: string
  readonly optional: boolean
  readonly metadata: string
}

function reasonModal(form: ReasonModal): ModalView {
  return {
    type: 'modal',
    callback_id: form.callbackId,
    private_metadata: form.metadata,
    title: { type: 'plain_text', text: form.title },
    submit: { type: 'plain_text', text: form.submit },
    close: { type: 'plain_text', text: 'Not now' },
    blocks: [
      section(form.intro),
      {
        type: 'input',
        block_id: REASON_BLOCK,
        optional: form.optional,
        label: { type: 'plain_text', text: form.label },
        element: {
          type: 'plain_text_input',
          action_id: REASON_INPUT,
          multiline: true,
          max_length: 1_000,
          focus_on_load: true,
          placeholder: { type: 'plain_text', text: plain(form.placeholder, 150) },
        },
      },
    ],
  }
}
