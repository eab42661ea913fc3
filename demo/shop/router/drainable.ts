import type { Server } from 'node:http'

/**
 * Counts the requests that a server is answering. The function returned stops accepting and resolves when the last one is
 * answered or `graceMs` are over; the connections themselves are not waited for, as callers keep them open.
 */
export function drainable(server: Server): (graceMs: number) => Promise<void> {
  let inFlight = 0
  let onIdle = (): void => {}
  server.on('request', (_request, response) => {
    inFlight++
    response.once('close', () => {
      inFlight--
      if (inFlight === 0) onIdle()
    })
  })
  return (graceMs) =>
    new Promise((resolve) => {
      onIdle = () => server.closeAllConnections()
      const deadline = setTimeout(onIdle, graceMs)
      server.close(() => {
        clearTimeout(deadline)
        resolve()
      })
      if (inFlight === 0) onIdle()
    })
}
