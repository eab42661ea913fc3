import { quantile } from '../quantile.ts'
import { compress, type Observation } from '../observation.ts'
import type { Visit, Visits, WireTime } from '../visits.ts'

/** Below this many visits on a side, an operation says nothing. */
const MIN_VISITS = 3
const FLOOR_MS = 2

interface Sides<T> {
  readonly before: T[]
  readonly during: T[]
}

interface ServiceSpans {
  readonly service: string
  addedMs: number
  addedOperation: string
  wireAddedMs: number
  wireEdges: number
  slowWires: number
  structure: number
  structureText: string
  errorsBefore: number
  errorsDuring: number
  visitsBefore: number
  visitsDuring: number
}

/**
 * What traces say about each service: time it added itself (`spanAddedTime`), time added on the wire of its calls, in and
 * out (`spanWireTime`), steps of its requests that stopped or are new (`spanStructure`), and requests that fail in it
 * (`spanErrors`). Compares visits after `windowStart` with those before; empty where one side has none.
 */
export function spanObservations(
  { visits, wires }: Visits,
  windowStart: number,
): ReadonlyMap<string, readonly Observation[]> {
  const services = new Map<string, ServiceSpans>()
  const byOperation = split(visits, windowStart, (visit) => `${visit.service}\n${visit.operation}`)
  const total = { during: visits.reduce((n, visit) => n + (visit.t >= windowStart ? 1 : 0), 0) }
  if (total.during === 0 || total.during === visits.length) return new Map()
  for (const sides of byOperation.values()) addOperation(services, sides)
  addWires(
    services,
    split(wires, windowStart, (wire) => `${wire.caller}\n${wire.callee}`),
  )
  const sumAdded = [...services.values()].reduce((sum, one) => sum + one.addedMs, 0)
  const sumWire = [...services.values()].reduce((sum, one) => sum + one.wireAddedMs, 0)
  return new Map([...services].map(([service, one]) => [service, observationsOf(one, sumAdded, sumWire)]))
}

function split<T extends { readonly t: number }>(
  items: readonly T[],
  windowStart: number,
  keyOf: (item: T) => string,
): ReadonlyMap<string, Sides<T>> {
  const found = new Map<string, Sides<T>>()
  for (const item of items) {
    const key = keyOf(item)
    let sides = found.get(key)
    if (sides === undefined) found.set(key, (sides = { before: [], during: [] }))
    if (item.t < windowStart) sides.before.push(item)
    else sides.during.push(item)
  }
  return found
}

function spansOf(services: Map<string, ServiceSpans>, service: string): ServiceSpans {
  const known = services.get(service)
  if (known !== undefined) return known
  const made: ServiceSpans = {
    service,
    addedMs: 0,
    addedOperation: '',
    wireAddedMs: 0,
    wireEdges: 0,
    slowWires: 0,
    structure: 0,
    structureText: '',
    errorsBefore: 0,
    errorsDuring: 0,
    visitsBefore: 0,
    visitsDuring: 0,
  }
  services.set(service, made)
  return made
}

function addOperation(services: Map<string, ServiceSpans>, { before, during }: Sides<Visit>): void {
  const sample = before[0] ?? during[0]
  if (sample === undefined) return
  const one = spansOf(services, sample.service)
  one.visitsBefore += before.length
  one.visitsDuring += during.length
  for (const visit of before) if (visit.error) one.errorsBefore += 1
  for (const visit of during) if (visit.error) one.errorsDuring += 1
  if (before.length < MIN_VISITS || during.length < MIN_VISITS) return
  const added = addedTime(
    before.map((visit) => visit.exclusiveMs),
    during.map((visit) => visit.exclusiveMs),
  )
  if (added > one.addedMs) {
    one.addedMs = added
    one.addedOperation = sample.operation
  }
  addStructure(one, before, during)
}

/** Milliseconds an item takes longer: mean of the shifts of the median and of the 90th percentile, less their noise. */
function addedTime(before: number[], during: number[]): number {
  const past = Float64Array.from(before).sort()
  const now = Float64Array.from(during).sort()
  const middle = quantile(now, 0.5) - quantile(past, 0.5)
  const high = quantile(now, 0.9) - quantile(past, 0.9)
  const spread = (quantile(past, 0.9) - quantile(past, 0.5)) / 1.28
  const noise = 2 * spread * Math.sqrt(1 / before.length + 1 / during.length) + 0.1 * quantile(past, 0.5)
  return Math.max(0, (middle + high) / 2 - noise)
}

/** Steps for each visit before and during: what is missing or new, as a share of the steps that are usual. */
function addStructure(one: ServiceSpans, before: readonly Visit[], during: readonly Visit[]): void {
  const past = stepRates(before)
  const now = stepRates(during)
  let changed = 0
  let top = ''
  let topChange = 0
  for (const step of new Set([...past.keys(), ...now.keys()])) {
    const was = past.get(step) ?? 0
    const is = now.get(step) ?? 0
    const noise = 2 * Math.sqrt((was + is) * (1 / before.length + 1 / during.length))
    const change = Math.abs(is - was) - noise
    if (change <= 0) continue
    changed += Math.min(1, change)
    if (change > topChange) {
      topChange = change
      top =
        is < was
          ? `${step} is called less (${was.toFixed(2)} -> ${is.toFixed(2)} a request)`
          : `${step} is called more (${was.toFixed(2)} -> ${is.toFixed(2)} a request)`
    }
  }
  if (changed > one.structure) {
    one.structure = changed
    one.structureText = top
  }
}

function stepRates(visits: readonly Visit[]): ReadonlyMap<string, number> {
  const rates = new Map<string, number>()
  for (const visit of visits)
    for (const step of visit.steps) rates.set(step, (rates.get(step) ?? 0) + 1 / visits.length)
  return rates
}

function addWires(services: Map<string, ServiceSpans>, byEdge: ReadonlyMap<string, Sides<WireTime>>): void {
  for (const { before, during } of byEdge.values()) {
    const sample = before[0] ?? during[0]
    if (sample === undefined || before.length < MIN_VISITS || during.length < MIN_VISITS) continue
    const added = addedTime(
      before.map((wire) => wire.ms),
      during.map((wire) => wire.ms),
    )
    for (const service of [sample.caller, sample.callee]) {
      const one = spansOf(services, service)
      one.wireEdges += 1
      one.wireAddedMs += added
      if (added > FLOOR_MS) one.slowWires += 1
    }
  }
}

function observationsOf(one: ServiceSpans, sumAdded: number, sumWire: number): readonly Observation[] {
  const share = sumAdded > 0 ? one.addedMs / sumAdded : 0
  const wireShare = sumWire > 0 ? one.wireAddedMs / sumWire : 0
  const slow = one.wireEdges > 0 ? one.slowWires / one.wireEdges : 0
  const excess = one.errorsDuring - (one.errorsBefore * one.visitsDuring) / Math.max(1, one.visitsBefore)
  return [
    {
      feature: 'spanAddedTime',
      value: share * compress(one.addedMs / FLOOR_MS),
      kind: 'trace',
      text: () =>
        one.addedMs > FLOOR_MS
          ? `${one.addedOperation} takes ${one.addedMs.toFixed(0)} ms longer in the service itself`
          : 'its own share of the request takes no longer than before',
    },
    {
      feature: 'spanWireTime',
      value: slow * wireShare * compress(one.wireAddedMs / FLOOR_MS),
      kind: 'trace',
      text: () =>
        `${one.slowWires} of its ${one.wireEdges} connections, in and out, became slower between the two ends (${one.wireAddedMs.toFixed(0)} ms)`,
    },
    {
      feature: 'spanStructure',
      value: compress(one.structure),
      kind: 'trace',
      text: () =>
        one.structure > 0
          ? `its requests run differently: ${one.structureText}`
          : 'its requests take the usual steps',
    },
    {
      feature: 'spanErrors',
      value: excess > 0 ? compress(excess) * Math.sqrt(excess / Math.max(1, one.visitsDuring)) : 0,
      kind: 'trace',
      text: () => `${one.errorsDuring} of ${one.visitsDuring} requests fail in it`,
    },
  ]
}
