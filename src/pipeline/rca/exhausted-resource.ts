import type { Resource } from '../contracts.ts'
import { causeChain } from '../signals/found-trace.ts'
import type { StackTrace } from '../signals/stack-trace.ts'

/** How operating systems, runtimes and drivers say that a resource has run out: errno names, their texts, class names. */
const MESSAGES: readonly (readonly [RegExp, Resource])[] = [
  [/too many open files|\bE[MN]FILE\b|\[Errno 2[34]\]/i, 'open files'],
  [
    /too many connections|connection slots|connection pool (?:is )?(?:exhausted|full)|QueuePool limit|EADDRNOTAVAIL|cannot assign requested address/i,
    'connections',
  ],
  [
    /\bMemoryError\b|OutOfMemoryError: (?!unable to create)|heap out of memory|cannot allocate memory|\bENOMEM\b/i,
    'memory',
  ],
  [/can't start new thread|unable to create (?:new )?native thread|pthread_create failed/i, 'threads'],
  [/no space left on device|\bENOSPC\b|disk quota exceeded/i, 'disk'],
]

/** Whether the text says that something ran out which each process has for itself: whoever logs it is the one that is out of it. */
export function namesOwnResource(text: string): boolean {
  return MESSAGES.some(([pattern, resource]) => resource !== 'connections' && pattern.test(text))
}

/** The resource that an exception, or one of its causes, says has run out; null where it says nothing of the kind. */
export function exhaustedResource(trace: StackTrace): Resource | null {
  for (const { type, message } of causeChain(trace)) {
    const found = MESSAGES.find(([pattern]) => pattern.test(`${type}: ${message}`))
    if (found !== undefined) return found[1]
  }
  return null
}
