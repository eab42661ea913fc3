import { isFields } from './state.ts'
import type { Block, Fields } from './types.ts'

/** An interactive element and the block it stands in. */
export interface Placed {
  readonly block: Block
  readonly element: Fields
}

/** What a person entered: one choice or text, several choices, or nothing. */
export type Entered = string | readonly string[] | null | undefined

/** All interactive elements of a list of blocks, in reading order. */
export function elementsOf(blocks: readonly Block[]): Placed[] {
  return blocks.flatMap((block) => {
    const inRow = Array.isArray(block.elements) && block.type === 'actions' ? block.elements : []
    return [block.accessory, block.element, ...(inRow as unknown[])]
      .filter(isFields)
      .filter((element) => typeof element.action_id === 'string')
      .map((element) => ({ block, element }))
  })
}

/** Options of a select, in groups or not. */
function optionsOf(element: Fields): Fields[] {
  const groups = Array.isArray(element.option_groups) ? (element.option_groups as Fields[]) : []
  const own = Array.isArray(element.options) ? (element.options as Fields[]) : []
  return [
    ...own,
    ...groups.flatMap((group) => (Array.isArray(group.options) ? (group.options as Fields[]) : [])),
  ]
}

const firstOf = (value: Entered): string | null => (typeof value === 'string' ? value : (value?.[0] ?? null))
const allOf = (value: Entered): readonly string[] => (typeof value === 'string' ? [value] : (value ?? []))

function chosen(element: Fields, value: Entered): Fields | null {
  const wanted = firstOf(value)
  if (wanted === null) return null
  const option = optionsOf(element).find((entry) => entry.value === wanted)
  if (!option)
    throw new Error(
      `"${wanted}" is not among the options of "${String(element.action_id)}": ${optionsOf(element)
        .map((entry) => String(entry.value))
        .join(', ')}`,
    )
  return option
}

const chosenMany = (element: Fields, value: Entered): Fields[] =>
  allOf(value).map((entry) => chosen(element, entry) as Fields)

/** The value part of an action or of `view.state.values`, by element type, as Slack shapes it. */
export function valueFields(element: Fields, value: Entered): Fields {
  switch (element.type) {
    case 'static_select':
    case 'external_select':
    case 'radio_buttons':
    case 'overflow':
      return { selected_option: chosen(element, value) }
    case 'multi_static_select':
    case 'multi_external_select':
    case 'checkboxes':
      return { selected_options: chosenMany(element, value) }
    case 'datepicker':
      return { selected_date: firstOf(value) }
    case 'timepicker':
      return { selected_time: firstOf(value) }
    case 'datetimepicker':
      return { selected_date_time: value ? Number(firstOf(value)) : null }
    case 'users_select':
      return { selected_user: firstOf(value) }
    case 'channels_select':
      return { selected_channel: firstOf(value) }
    case 'conversations_select':
      return { selected_conversation: firstOf(value) }
    case 'multi_users_select':
      return { selected_users: [...allOf(value)] }
    case 'multi_channels_select':
      return { selected_channels: [...allOf(value)] }
    case 'multi_conversations_select':
      return { selected_conversations: [...allOf(value)] }
    default:
      return { value: firstOf(value) || null }
  }
}

/** What an input holds before anybody touches it. */
export function initialValue(element: Fields): Entered {
  const option = isFields(element.initial_option) ? String(element.initial_option.value) : undefined
  const options = Array.isArray(element.initial_options)
    ? (element.initial_options as Fields[]).map((entry) => String(entry.value))
    : undefined
  const plain = [
    element.initial_value,
    element.initial_date,
    element.initial_time,
    element.initial_user,
    element.initial_channel,
    element.initial_conversation,
  ]
  return option ?? options ?? plain.find((value): value is string => typeof value === 'string') ?? null
}

const isEmpty = (value: Entered): boolean => value === null || value === undefined || value.length === 0

/** What Slack's own client says under an input before it bothers the app; undefined when all is well. */
export function inputProblem({ block, element }: Placed, value: Entered): string | undefined {
  if (isEmpty(value)) return block.optional === true ? undefined : 'Please complete this required field.'
  const words = typeof value === 'string' ? value : ''
  const { min_length: min, max_length: max } = element
  if (typeof min === 'number' && words.length < min) return `Please enter at least ${min} characters.`
  if (typeof max === 'number' && words.length > max) return `Please enter at most ${max} characters.`
  if (element.type === 'number_input' && !Number.isFinite(Number(words)))
    return 'Please enter a valid number.'
  return undefined
}
