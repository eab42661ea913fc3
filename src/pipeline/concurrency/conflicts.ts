import type { ServiceDefinition } from '../services.ts'

/**
 * What a rollout of `service` must hold: itself, what it calls and what calls it, sorted. Two rollouts that would
 * blur each other's evidence (one calls the other, or both serve the same caller) share a resource and take turns.
 * An unknown service conflicts with everything: its dependencies are not known.
 *
 * L1  Resources are always taken all at once and in this one order, so that no two operations can wait for each other.
 */
export function resourcesOf(service: string, services: readonly ServiceDefinition[]): readonly string[] {
  const definition = services.find(({ name }) => name === service)
  if (definition === undefined) return services.map(({ name }) => name).sort()
  const callers = services.filter(({ dependsOn }) => dependsOn.includes(service)).map(({ name }) => name)
  return [...new Set([service, ...definition.dependsOn, ...callers])].sort() // L1
}
