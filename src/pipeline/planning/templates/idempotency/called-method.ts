import type { SgNode } from '@ast-grep/napi'

/** What a call asks for, as far as its function and file tell. */
export interface CalledMethod {
  /** GET, POST ...; null where it cannot be seen. */
  readonly method: string | null
  /** Where the request is put together: the call itself comes first. */
  readonly written: readonly SgNode[]
  /** Why the very same call cannot be made a second time, whatever its method; null where it can. */
  readonly spent: string | null
}

export function asks(method: string | null, ...written: readonly SgNode[]): CalledMethod {
  return { method: method?.toUpperCase() ?? null, written, spent: null }
}

/** `"POST"`, `'post'` -> POST; null for anything but a literal. */
export function literalMethod(node: SgNode | null | undefined): string | null {
  return /^["'`]([A-Za-z]{3,10})["'`]$/.exec(node?.text() ?? '')?.[1]?.toUpperCase() ?? null
}

/** The method that a function is named after: `requests.get`, `axios.post`; null for other names. */
export function methodNamed(callee: string): string | null {
  return /(?:^|\.)(get|head|options|put|delete|post|patch)$/i.exec(callee)?.[1]?.toUpperCase() ?? null
}

/** A name or a call that speaks of an address holds one, not a prepared request. */
export function isAddress(name: string): boolean {
  return /(?:ur[li]|address|endpoint|link)s?$/i.test(name.replace(/_(?:of|for)$|Of$|For$/, ''))
}
