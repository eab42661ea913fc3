/** How a service that ours called failed, as the exception tells it: a status, or a connection that broke. */
export type UpstreamFailure = number | 'broken connection'

/**
 * Null where the exception is no failure of somebody who was called. A request that failed because its upstream did is
 * answered well as soon as the upstream is: a replay shows the fault only where the upstream fails first.
 */
export function upstreamFailure(exception: {
  readonly type: string
  readonly message: string
}): UpstreamFailure | null {
  const name = exception.type.split(/[.$]/).at(-1) ?? ''
  const [status] = ANSWERED.exec(exception.message) ?? []
  if (status !== undefined) return Number(status)
  if (BROKEN_TYPES.has(name) || BROKEN.test(exception.message)) return 'broken connection'
  return null
}

/** As urllib, axios and requests write it. */
const ANSWERED = /\b(?:(?<=(?:HTTP Error|status code) )5\d\d|5\d\d(?= Server Error))\b/
const BROKEN_TYPES = new Set(['ConnectionResetError', 'RemoteDisconnected', 'BrokenPipeError'])
const BROKEN =
  /\bECONNRESET\b|Connection reset|reset by peer|socket hang up|Connection aborted|^fetch failed$/

/** As the part of a sentence about the service that called. */
export function describeUpstreamFailure(failure: UpstreamFailure): string {
  return failure === 'broken connection'
    ? 'the connection to the other side broke'
    : `what it calls answered ${failure}`
}

/** What the stand-in of an upstream answers before it is well; 0 stands for a connection that breaks. */
export function answersFirst(failure: UpstreamFailure | null): readonly number[] {
  if (failure === null) return []
  return [failure === 'broken connection' ? 0 : failure]
}
