import { Agent, request } from 'node:http'
import { parseArgs } from 'node:util'
import { z } from 'zod'
import { LoadStatistics } from './load-statistics.ts'
import { orderAt } from './orders.ts'

const TICK_MS = 4
const TIMEOUT_MS = 10_000
const LAST_ANSWERS_MS = 2_000

const optionsSchema = z.object({
  /** The gateway's listener at the router; `/orders` is added. */
  url: z.url({ protocol: /^http$/, error: 'must be an http:// URL' }),
  rps: z.coerce.number().positive().max(10_000),
  'guest-ratio': z.coerce.number().min(0).max(1).default(0.25),
  'delivery-ratio': z.coerce.number().min(0).max(1).default(0),
  'member-ratio': z.coerce.number().min(0).max(1).default(0),
  seed: z.coerce.number().int().default(1),
  'run-id': z
    .string()
    .min(1)
    .default(() => Date.now().toString(36)),
  /** Orders by the carton under these numbers instead of a web shop's; `{n}` in the text becomes the order's. */
  'wholesale-number': z.string().includes('{n}').optional(),
  'max-in-flight': z.coerce.number().int().positive().default(256),
  /** Stops by itself after so many seconds; runs until SIGTERM when absent. */
  seconds: z.coerce.number().positive().optional(),
})

type Options = z.infer<typeof optionsSchema>

/**
 * Open-loop load as a process: orders arrive at a constant rate whether or not earlier ones were answered. Prints a JSON line
 * of statistics each second and leaves on SIGTERM or SIGINT. Exits 2 on bad input.
 */
function main(): void {
  const option = { type: 'string' } as const
  const names = Object.keys(optionsSchema.shape)
  const { values } = parseArgs({ options: Object.fromEntries(names.map((name) => [name, option])) })
  const options = optionsSchema.safeParse(values)
  if (options.success) return generate(options.data)
  const problems = options.error.issues.map(({ path, message }) => `--${path.join('.')}: ${message}`)
  process.stderr.write(`load-generator: ${problems.join('; ')}\n`)
  process.exitCode = 2
}

function generate(options: Options): void {
  const { seed, 'guest-ratio': guestRatio, 'run-id': runId, 'wholesale-number': orderNumber } = options
  const source = {
    seed,
    guestRatio,
    deliveryRatio: options['delivery-ratio'],
    memberRatio: options['member-ratio'],
    runId,
    ...(orderNumber === undefined ? {} : { wholesale: { orderNumber } }),
  }
  const agent = new Agent({ keepAlive: true, maxSockets: options['max-in-flight'] })
  const url = new URL('/orders', options.url)
  const statistics = new LoadStatistics()
  const startedMs = performance.now()
  let arrived = 0
  let inFlight = 0

  const arrivals = setInterval(() => {
    // Counted from the start, so that a late timer makes up for what it missed.
    const due = Math.floor(((performance.now() - startedMs) * options.rps) / 1000)
    for (; arrived < due; arrived++) arrive(arrived)
  }, TICK_MS)
  const reports = setInterval(report, 1000)
  // What is in flight is waited for: cut off, it would count as a failure of the shop.
  const stop = () => {
    clearInterval(arrivals)
    setInterval(() => inFlight === 0 && leave(), TICK_MS)
    setTimeout(leave, LAST_ANSWERS_MS)
  }
  const leave = () => {
    clearInterval(reports)
    report()
    process.exit(0)
  }
  process.once('SIGTERM', stop).once('SIGINT', stop)
  if (options.seconds !== undefined) setTimeout(stop, options.seconds * 1000)

  function report(): void {
    process.stdout.write(JSON.stringify({ atMs: Date.now(), inFlight, ...statistics.take() }) + '\n')
  }

  function arrive(index: number): void {
    if (inFlight >= options['max-in-flight']) return statistics.dropped()
    inFlight++
    statistics.sent()
    const sentMs = performance.now()
    const content = JSON.stringify(orderAt(source, index))
    const headers = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(content) }
    const posted = request(url, { method: 'POST', agent, headers }, (response) => {
      response.resume()
      response.once('end', () => statistics.answered(response.statusCode ?? 0, performance.now() - sentMs))
    })
    posted.once('close', () => void inFlight--)
    posted.on('error', () => statistics.unanswered())
    posted.setTimeout(TIMEOUT_MS, () => posted.destroy(new Error('timeout')))
    posted.end(content)
  }
}

main()
