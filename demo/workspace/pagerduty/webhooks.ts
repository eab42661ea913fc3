import { createHmac, randomUUID } from 'node:crypto'
import type { Feed } from '../feed.ts'
import { newId } from '../slack/ids.ts'
import type { Delivery, Subscription, WebhookTiming } from './types.ts'
import { iso } from './wire.ts'

type Json = Record<string, unknown>

const keptDeliveries = 500

/** Signs a body as PagerDuty does: one `v1=` HMAC-SHA256 for each secret. */
export function signature(body: string, secrets: readonly string[]): string {
  return secrets.map((secret) => `v1=${createHmac('sha256', secret).update(body).digest('hex')}`).join(',')
}

type Attempt = { readonly kind: 'delivered' | 'retry' | 'drop'; readonly result: string }

/** Delivers webhooks v3: signed, at least once, in order per incident, with PagerDuty's retry rules. */
export class Webhooks {
  readonly subscriptions: Subscription[] = []
  readonly deliveries: Delivery[] = []
  readonly #queues = new Map<string, Promise<void>>()
  readonly #timing: WebhookTiming
  readonly #feed: Feed
  readonly #stop = new AbortController()

  constructor(timing: WebhookTiming, feed: Feed) {
    this.#timing = timing
    this.#feed = feed
  }

  subscribe(url: string, secrets: readonly string[]): Subscription {
    const subscription: Subscription = { id: newId('P'), url, secrets, active: true, droppedInARow: 0 }
    this.subscriptions.push(subscription)
    this.#feed.publish({ kind: 'pagerduty' })
    return subscription
  }

  /** Queues one event for every active subscription; the same event id goes with each attempt. */
  emit(eventType: string, incidentId: string, agent: Json | null, data: Json, occurredMs: number): void {
    const event = {
      id: newId('01'),
      event_type: eventType,
      resource_type: 'incident',
      occurred_at: iso(occurredMs),
      agent,
      client: null,
      data,
    }
    for (const subscription of this.subscriptions) {
      if (this.#isActive(subscription)) this.#enqueue(subscription, incidentId, event)
    }
  }

  #isActive(subscription: Subscription): boolean {
    if (subscription.disabledUntilMs !== undefined && subscription.disabledUntilMs <= Date.now()) {
      subscription.active = true
      delete subscription.disabledUntilMs
      subscription.droppedInARow = 0
    }
    return subscription.active
  }

  #enqueue(
    subscription: Subscription,
    incidentId: string,
    event: Json & { id: string; event_type: string },
  ): void {
    const delivery: Delivery = {
      id: randomUUID(),
      eventId: event.id,
      eventType: event.event_type,
      incidentId,
      subscriptionId: subscription.id,
      url: subscription.url,
      attempts: [],
      state: 'pending',
    }
    this.deliveries.push(delivery)
    if (this.deliveries.length > keptDeliveries) this.deliveries.shift()
    const queue = `${subscription.id} ${incidentId}`
    const before = this.#queues.get(queue) ?? Promise.resolve()
    // Ordered per incident: the next event waits until this one is delivered or given up.
    this.#queues.set(
      queue,
      before.then(() => this.#deliver(subscription, delivery, JSON.stringify({ event }))),
    )
    this.#feed.publish({ kind: 'pagerduty' })
  }

  async #deliver(subscription: Subscription, delivery: Delivery, body: string): Promise<void> {
    for (const delayMs of [0, ...this.#timing.retryDelaysMs]) {
      if (!(await this.#pause(delayMs))) return
      const attempt = await this.#attempt(subscription, delivery, body)
      if (this.#stop.signal.aborted) return
      if (attempt.kind === 'delivered') return this.#delivered(subscription, delivery)
      if (attempt.kind === 'drop') break
      delivery.state = 'retrying'
      this.#feed.publish({ kind: 'pagerduty' })
    }
    this.#dropped(subscription, delivery)
  }

  async #attempt(subscription: Subscription, delivery: Delivery, body: string): Promise<Attempt> {
    const startMs = Date.now()
    const attempt = await post(
      subscription,
      delivery.id,
      body,
      AbortSignal.any([this.#stop.signal, AbortSignal.timeout(this.#timing.timeoutMs)]),
    )
    delivery.attempts.push({ atMs: startMs, result: attempt.result, tookMs: Date.now() - startMs })
    return attempt
  }

  #delivered(subscription: Subscription, delivery: Delivery): void {
    delivery.state = 'delivered'
    subscription.droppedInARow = 0
    this.#feed.publish({ kind: 'pagerduty' })
  }

  #dropped(subscription: Subscription, delivery: Delivery): void {
    delivery.state = 'dropped'
    subscription.droppedInARow += 1
    if (subscription.droppedInARow >= 3) {
      subscription.active = false
      subscription.disabledUntilMs = Date.now() + this.#timing.disableForMs
    }
    this.#feed.publish({ kind: 'pagerduty' })
  }

  /** Waits; false when the stand-in closed meanwhile. */
  #pause(delayMs: number): Promise<boolean> {
    const { signal } = this.#stop
    if (signal.aborted || delayMs === 0) return Promise.resolve(!signal.aborted)
    return new Promise((resolve) => {
      const timer = setTimeout(() => resolve(true), delayMs)
      signal.addEventListener(
        'abort',
        () => {
          clearTimeout(timer)
          resolve(false)
        },
        { once: true },
      )
    })
  }

  close(): void {
    this.#stop.abort()
  }
}

async function post(
  subscription: Subscription,
  deliveryId: string,
  body: string,
  signal: AbortSignal,
): Promise<Attempt> {
  const headers = {
    'content-type': 'application/json',
    'user-agent': 'PagerDuty-Webhook/V3.0',
    'x-webhook-id': deliveryId,
    'x-webhook-subscription': subscription.id,
    ...(subscription.secrets.length > 0
      ? { 'x-pagerduty-signature': signature(body, subscription.secrets) }
      : {}),
  }
  try {
    const response = await fetch(subscription.url, {
      method: 'POST',
      headers,
      body,
      signal,
      redirect: 'manual',
    })
    await response.body?.cancel()
    return judge(response.status)
  } catch (error) {
    const timedOut = error instanceof Error && error.name === 'TimeoutError'
    return { kind: 'retry', result: timedOut ? 'timed out' : 'no connection' }
  }
}

/** 2xx delivered; 5xx and 429 retried; every other status drops the event. */
function judge(status: number): Attempt {
  if (status >= 200 && status < 300) return { kind: 'delivered', result: String(status) }
  return { kind: status >= 500 || status === 429 ? 'retry' : 'drop', result: String(status) }
}
