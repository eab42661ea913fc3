import { boolean, isObject, list, object, oneOf, string } from './blocks/checks.ts'
import type { Problem } from './blocks/checks.ts'
import { acrossBlocks, blockOn } from './blocks/blocks.ts'
import { plainText } from './blocks/elements.ts'
import { limits } from './limits.ts'

const say = (problems: readonly Problem[]): string[] =>
  problems.map((problem) => `${problem.message} [json-pointer:${problem.pointer}]`)

/** Checks a message's blocks; answers Slack-style explanations, none when all is well. */
export function messageBlockProblems(blocks: unknown, pointer = '/blocks'): string[] {
  const problems: Problem[] = []
  list(blockOn('message'), limits.blocksPerMessage, 0)(blocks, pointer, problems)
  if (Array.isArray(blocks)) acrossBlocks(blocks, pointer, problems)
  return say(problems)
}

const modal = object({
  required: {
    type: oneOf('modal'),
    title: plainText(limits.viewTitle),
    blocks: list(blockOn('view'), limits.blocksPerView, 0),
  },
  optional: {
    submit: plainText(limits.viewTitle),
    close: plainText(limits.viewTitle),
    private_metadata: string(limits.viewPrivateMetadata, 0),
    callback_id: string(limits.viewCallbackId, 0),
    external_id: string(limits.viewCallbackId, 0),
    clear_on_close: boolean,
    notify_on_close: boolean,
    submit_disabled: boolean,
  },
})

const home = object({
  required: { type: oneOf('home'), blocks: list(blockOn('view'), limits.blocksPerView, 0) },
  optional: {
    private_metadata: string(limits.viewPrivateMetadata, 0),
    callback_id: string(limits.viewCallbackId, 0),
    external_id: string(limits.viewCallbackId, 0),
  },
})

/** Checks a modal or Home view; answers Slack-style explanations, none when all is well. */
export function viewProblems(view: unknown): string[] {
  const problems: Problem[] = []
  const check = isObject(view) && view.type === 'home' ? home : modal
  check(view, '/view', problems)
  if (isObject(view) && Array.isArray(view.blocks)) {
    acrossBlocks(view.blocks, '/view/blocks', problems)
    if (view.type === 'modal' && view.submit === undefined && view.blocks.some(isInput)) {
      problems.push({
        message: 'a view with input blocks must have a submit button: missing required field: submit',
        pointer: '/view',
      })
    }
  }
  return say(problems)
}

const isInput = (block: unknown): boolean => isObject(block) && block.type === 'input'
