import { Agent } from 'node:http'

const MOST_CONNECTIONS = 256

/** One keep-alive agent for each backend in use. */
export class Connections {
  readonly #agents = new Map<string, Agent>()

  agentFor(url: string): Agent {
    const known = this.#agents.get(url)
    if (known !== undefined) return known
    const agent = new Agent({ keepAlive: true, maxSockets: MOST_CONNECTIONS })
    this.#agents.set(url, agent)
    return agent
  }

  /** Closes the idle connections to all other backends; those in use finish their request and close then. */
  keepOnly(urls: ReadonlySet<string>): void {
    for (const [url, agent] of this.#agents) {
      if (urls.has(url)) continue
      this.#agents.delete(url)
      agent.maxFreeSockets = 0
      for (const socket of Object.values(agent.freeSockets).flat()) socket?.destroy()
    }
  }
}
