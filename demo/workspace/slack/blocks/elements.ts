import { limits } from '../limits.ts'
import { anything, boolean, byType, integer, list, object, oneOf, pattern, string } from './checks.ts'
import type { Check } from './checks.ts'

const type = (name: string): Record<string, Check> => ({ type: oneOf(name) })

/** `plain_text` of at most `max` characters. */
export const plainText = (max: number): Check =>
  byType(() => ({
    plain_text: object({
      required: { ...type('plain_text'), text: string(max) },
      optional: { emoji: boolean },
    }),
  }))

/** `plain_text` or `mrkdwn` of at most `max` characters. */
export const text = (max: number): Check =>
  byType(() => ({
    plain_text: object({
      required: { ...type('plain_text'), text: string(max) },
      optional: { emoji: boolean },
    }),
    mrkdwn: object({ required: { ...type('mrkdwn'), text: string(max) }, optional: { verbatim: boolean } }),
  }))

const confirm = object({
  required: { text: text(limits.confirmText) },
  optional: {
    title: plainText(limits.confirmTitle),
    confirm: plainText(limits.confirmButton),
    deny: plainText(limits.confirmButton),
    style: oneOf('primary', 'danger'),
  },
})

const action = { action_id: string(limits.actionId) }
const placeholder = { placeholder: plainText(limits.placeholder) }
const focus = { focus_on_load: boolean }
const dispatch = {
  dispatch_action_config: object({
    optional: { trigger_actions_on: list(oneOf('on_enter_pressed', 'on_character_entered'), 2) },
  }),
}

const optionOf = (label: Check): Check =>
  object({
    required: { text: label, value: string(limits.optionValue) },
    optional: { description: plainText(limits.optionText), url: string(limits.url) },
  })
const option = optionOf(plainText(limits.optionText))
const richOption = optionOf(text(limits.optionText))

const optionGroups = list(
  object({ required: { label: plainText(limits.optionText), options: list(option, limits.selectOptions) } }),
  limits.optionGroups,
)
const exactlyOneOf =
  (...keys: readonly string[]): Check =>
  (value, pointer, problems) => {
    const given = keys.filter((key) => (value as Record<string, unknown>)[key] !== undefined)
    if (given.length !== 1)
      problems.push({ message: `must provide exactly one of: ${keys.join(', ')}`, pointer })
  }
const both =
  (first: Check, second: Check): Check =>
  (value, pointer, problems) => {
    first(value, pointer, problems)
    second(value, pointer, problems)
  }

const staticSelect = (name: string, multiple: boolean): Check =>
  both(
    object({
      required: type(name),
      optional: {
        ...action,
        ...placeholder,
        ...focus,
        confirm,
        options: list(option, limits.selectOptions),
        option_groups: optionGroups,
        ...(multiple
          ? { initial_options: list(option, limits.selectOptions), max_selected_items: integer(1) }
          : { initial_option: option }),
      },
    }),
    exactlyOneOf('options', 'option_groups'),
  )

const pickSelect = (name: string, multiple: boolean): Check =>
  object({
    required: type(name),
    optional: {
      ...action,
      ...placeholder,
      ...focus,
      confirm,
      filter: anything,
      response_url_enabled: boolean,
      default_to_current_conversation: boolean,
      ...(multiple
        ? {
            initial_users: anything,
            initial_channels: anything,
            initial_conversations: anything,
            max_selected_items: integer(1),
          }
        : { initial_user: string(), initial_channel: string(), initial_conversation: string() }),
    },
  })

const externalSelect = (name: string, multiple: boolean): Check =>
  object({
    required: type(name),
    optional: {
      ...action,
      ...placeholder,
      ...focus,
      confirm,
      min_query_length: integer(0),
      ...(multiple
        ? { initial_options: anything, max_selected_items: integer(1) }
        : { initial_option: option }),
    },
  })

const slackFile = both(object({ optional: { id: string(), url: string() } }), exactlyOneOf('id', 'url'))

/** The image fields shared by the image element and the image block. */
export const imageSource = { image_url: string(limits.url), slack_file: slackFile }
export const hasOneImageSource: Check = exactlyOneOf('image_url', 'slack_file')

const image = both(
  object({ required: { ...type('image'), alt_text: string(limits.imageAlt) }, optional: imageSource }),
  hasOneImageSource,
)

const button = object({
  required: { ...type('button'), text: plainText(limits.buttonText) },
  optional: {
    ...action,
    confirm,
    url: string(limits.url),
    value: string(limits.buttonValue, 0),
    style: oneOf('primary', 'danger'),
    accessibility_label: string(limits.buttonText),
  },
})

const checkboxes = object({
  required: { ...type('checkboxes'), options: list(richOption, limits.choiceOptions) },
  optional: { ...action, ...focus, confirm, initial_options: list(richOption, limits.choiceOptions) },
})
const radioButtons = object({
  required: { ...type('radio_buttons'), options: list(richOption, limits.choiceOptions) },
  optional: { ...action, ...focus, confirm, initial_option: richOption },
})
const overflow = object({
  required: { ...type('overflow'), options: list(option, limits.overflowOptions) },
  optional: { ...action, confirm },
})
const datepicker = object({
  required: type('datepicker'),
  optional: {
    ...action,
    ...placeholder,
    ...focus,
    confirm,
    initial_date: pattern(/^\d{4}-\d{2}-\d{2}$/, 'a date (YYYY-MM-DD)'),
  },
})
const timepicker = object({
  required: type('timepicker'),
  optional: {
    ...action,
    ...placeholder,
    ...focus,
    confirm,
    timezone: string(),
    initial_time: pattern(/^\d{2}:\d{2}$/, 'a time (HH:mm)'),
  },
})
const datetimepicker = object({
  required: type('datetimepicker'),
  optional: { ...action, ...focus, confirm, initial_date_time: integer(0) },
})
const textInput = (
  name: string,
  extra: Record<string, Check> = {},
  required: Record<string, Check> = {},
): Check =>
  object({
    required: { ...type(name), ...required },
    optional: {
      ...action,
      ...placeholder,
      ...focus,
      ...dispatch,
      initial_value: string(limits.inputValue, 0),
      ...extra,
    },
  })
const plainTextInput = textInput('plain_text_input', {
  multiline: boolean,
  min_length: integer(0, limits.inputValue),
  max_length: integer(1, limits.inputValue),
})
const numberInput = textInput(
  'number_input',
  { min_value: string(), max_value: string() },
  { is_decimal_allowed: boolean },
)
const richTextInput = textInput('rich_text_input', {
  initial_value: anything,
  min_lines: integer(1),
  max_lines: integer(1),
})

const selects = {
  static_select: staticSelect('static_select', false),
  external_select: externalSelect('external_select', false),
  users_select: pickSelect('users_select', false),
  conversations_select: pickSelect('conversations_select', false),
  channels_select: pickSelect('channels_select', false),
  multi_static_select: staticSelect('multi_static_select', true),
  multi_external_select: externalSelect('multi_external_select', true),
  multi_users_select: pickSelect('multi_users_select', true),
  multi_conversations_select: pickSelect('multi_conversations_select', true),
  multi_channels_select: pickSelect('multi_channels_select', true),
}
const choices = { checkboxes, radio_buttons: radioButtons, datepicker, timepicker }

export const actionsElement = byType(() => ({
  button,
  overflow,
  datetimepicker,
  rich_text_input: richTextInput,
  ...choices,
  ...selects,
}))
export const accessory = byType(() => ({ button, overflow, image, ...choices, ...selects }))
export const contextElement = byType(() => ({
  image,
  plain_text: text(limits.contextText),
  mrkdwn: text(limits.contextText),
}))
export const inputElement = byType(() => ({
  plain_text_input: plainTextInput,
  number_input: numberInput,
  rich_text_input: richTextInput,
  email_text_input: textInput('email_text_input'),
  url_text_input: textInput('url_text_input'),
  datetimepicker,
  file_input: object({
    required: type('file_input'),
    optional: { ...action, filetypes: anything, max_files: integer(1, 10) },
  }),
  ...choices,
  ...selects,
}))
