const MOST = 20

/** Where two JSON values differ, one sentence each: `plan.chosen: "a" -> "b"`. Empty where they are the same. */
export function differences(recorded: unknown, replayed: unknown): readonly string[] {
  if (recorded === null && replayed !== null) return ['it was not reached then']
  if (replayed === null && recorded !== null) return ['it is not reached now']
  const found = [...walk(recorded, replayed, '')]
  return found.length <= MOST ? found : [...found.slice(0, MOST), `... and ${found.length - MOST} more`]
}

function* walk(a: unknown, b: unknown, at: string): Generator<string> {
  if (Array.isArray(a) && Array.isArray(b)) {
    for (let i = 0; i < Math.max(a.length, b.length); i += 1) yield* walk(a[i], b[i], `${at}[${i}]`)
  } else if (isObject(a) && isObject(b)) {
    for (const key of new Set([...Object.keys(a), ...Object.keys(b)]))
      yield* walk(a[key], b[key], at === '' ? key : `${at}.${key}`)
  } else if (JSON.stringify(a) !== JSON.stringify(b)) {
    yield `${at === '' ? 'answer' : at}: ${shown(a)} -> ${shown(b)}`
  }
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function shown(value: unknown): string {
  return value === undefined ? 'nothing' : JSON.stringify(value)
}
