/** Small combinators that check a wire object and collect Slack's explanations with their JSON pointers. */

export interface Problem {
  readonly message: string
  readonly pointer: string
}

export type Check = (value: unknown, pointer: string, problems: Problem[]) => void

export const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const report = (problems: Problem[], pointer: string, message: string): void => {
  problems.push({ message, pointer })
}

/** A string of `min`..`max` characters. Slack counts UTF-16 units after `&`, `<`, `>` are escaped by the app. */
export const string =
  (max = Number.POSITIVE_INFINITY, min = 1): Check =>
  (value, pointer, problems) => {
    if (typeof value !== 'string') return report(problems, pointer, 'must provide a string')
    if (value.length < min) report(problems, pointer, `must be more than ${min - 1} characters`)
    if (value.length > max) report(problems, pointer, `must be less than ${max + 1} characters`)
  }

export const boolean: Check = (value, pointer, problems) => {
  if (typeof value !== 'boolean') report(problems, pointer, 'must provide a boolean')
}

export const integer =
  (min: number, max = Number.POSITIVE_INFINITY): Check =>
  (value, pointer, problems) => {
    if (!Number.isInteger(value)) return report(problems, pointer, 'must provide a number')
    if ((value as number) < min) report(problems, pointer, `must be greater than ${min - 1}`)
    if ((value as number) > max) report(problems, pointer, `must be less than ${max + 1}`)
  }

export const anything: Check = () => undefined

export const oneOf =
  (...allowed: readonly string[]): Check =>
  (value, pointer, problems) => {
    if (!allowed.includes(value as string)) {
      report(problems, pointer, `must be one of the allowed values: ${allowed.join(', ')}`)
    }
  }

export const pattern =
  (shape: RegExp, what: string): Check =>
  (value, pointer, problems) => {
    if (typeof value !== 'string' || !shape.test(value)) report(problems, pointer, `must be ${what}`)
  }

export const list =
  (item: Check, max: number, min = 1): Check =>
  (value, pointer, problems) => {
    if (!Array.isArray(value)) return report(problems, pointer, 'must provide an array')
    if (value.length < min) report(problems, pointer, `no less than ${min} items required`)
    if (value.length > max) report(problems, pointer, `no more than ${max} items allowed`)
    for (const [index, entry] of value.entries()) item(entry, `${pointer}/${index}`, problems)
  }

export type Shape = {
  readonly required?: Readonly<Record<string, Check>>
  readonly optional?: Readonly<Record<string, Check>>
}

/** An object with exactly these properties; an unknown one is refused, as Slack refuses it. */
export const object =
  ({ required = {}, optional = {} }: Shape): Check =>
  (value, pointer, problems) => {
    if (!isObject(value)) return report(problems, pointer, 'must provide an object')
    for (const [key, check] of Object.entries(required)) {
      if (value[key] === undefined || value[key] === null)
        report(problems, pointer, `missing required field: ${key}`)
      else check(value[key], `${pointer}/${key}`, problems)
    }
    for (const [key, entry] of Object.entries(value)) {
      if (key in required || entry === undefined || entry === null) continue
      const check = optional[key]
      if (check) check(entry, `${pointer}/${key}`, problems)
      else report(problems, pointer, `invalid additional property: ${key}`)
    }
  }

/** Picks the check by the object's `type`. The table is looked up late so that types may nest. */
export const byType =
  (table: () => Readonly<Record<string, Check>>): Check =>
  (value, pointer, problems) => {
    if (!isObject(value)) return report(problems, pointer, 'must provide an object')
    if (typeof value.type !== 'string') return report(problems, pointer, 'missing required field: type')
    const check = table()[value.type]
    if (check) check(value, pointer, problems)
    else report(problems, `${pointer}/type`, `unsupported type: ${value.type}`)
  }

/** Runs several checks on the same value. */
export const all =
  (...checks: readonly Check[]): Check =>
  (value, pointer, problems) => {
    for (const check of checks) check(value, pointer, problems)
  }
