import { toCcpError } from '../errors.ts'
import type { FileContent } from './ports.ts'

export type Attempt =
  | { readonly kind: 'files'; readonly files: readonly FileContent[] }
  | { readonly kind: 'failed'; readonly why: string }

/** A conflict is an answer; any other fault is the caller's. */
export async function attempt(read: () => Promise<readonly FileContent[]>): Promise<Attempt> {
  try {
    return { kind: 'files', files: await read() }
  } catch (thrown) {
    const error = toCcpError(thrown)
    if (error.code !== 'conflict' && error.code !== 'not-found') throw error
    return { kind: 'failed', why: error.message }
  }
}
