import { afterEach, describe, expect, it } from 'vitest'
import { neededMetrics } from '../../../src/integrations/prometheus/metric-source.ts'
import {
  Scraper,
  type ScraperOptions,
  type ScrapeTarget,
} from '../../../src/integrations/prometheus/scraper.ts'
import { metricsContract } from '../../contracts/metrics-contract.ts'
import { pageAt, SCRAPES, SCRAPE_MS } from '../../contracts/metrics-timeline.ts'
import { serve } from './page-server.ts'

const BASE_MS = 1_700_000_000_000

metricsContract(
  'the scraper',
  async (series) => {
    let nowMs = BASE_MS
    const server = await serve((_, response) => response.end(pageAt(series, nowMs)))
    const scraper = new Scraper({
      targets: () => [{ url: `${server.url}/metrics`, labels: {} }],
      intervalMs: SCRAPE_MS,
      timeoutMs: 1_000,
      keepMs: 3_600_000,
      names: neededMetrics(),
      nowMs: () => nowMs,
    })
    for (let scrape = 0; scrape < SCRAPES; scrape += 1) {
      nowMs = BASE_MS + scrape * SCRAPE_MS
      await scraper.scrapeOnce()
    }
    return { samples: scraper, close: () => server.close() }
  },
  BASE_MS,
)

describe('the scraper', () => {
  const closing: (() => Promise<void>)[] = []
  afterEach(async () => {
    for (const close of closing.splice(0)) await close()
  })

  const clock = { nowMs: 0 }
  const scraperOf = (overrides: Partial<ScraperOptions>) =>
    new Scraper({
      targets: () => [],
      intervalMs: 1_000,
      timeoutMs: 200,
      keepMs: 60_000,
      names: ['up_total'],
      nowMs: () => clock.nowMs,
      ...overrides,
    })
  const page = async (answer: string | (() => string), status = 200): Promise<ScrapeTarget> => {
    const server = await serve((_, response) => {
      response.writeHead(status).end(typeof answer === 'string' ? answer : answer())
    })
    closing.push(() => server.close())
    return { url: server.url, labels: { service: 'a', version: 'v1' } }
  }
  const everything = { names: ['up_total'], services: ['a'], fromMs: 0, toMs: 1e9 }

  it('gives the labels of the target to samples that lack them, and keeps those they have', async () => {
    const target = await page('up_total 1\nup_total{version="v2"} 2\nup_total{service="b"} 3\n')
    const scraper = scraperOf({ targets: () => [target] })
    await scraper.scrapeOnce()
    const found = await scraper.rawBetween(everything)
    expect(found.map((one) => [one.labels.version, one.v])).toEqual([
      ['v1', [1]],
      ['v2', [2]],
    ])
  })

  it('goes on with the others when a target is gone, ill, slow or talks nonsense, and says which', async () => {
    const hanging = await serve(() => {})
    closing.push(() => hanging.close())
    const gone = await serve(() => {})
    await gone.close()
    const targets = [
      { url: gone.url, labels: {} },
      await page('broken', 500),
      { url: hanging.url, labels: {} },
      await page('<html>\nup_total 5\n'),
    ]
    const scraper = scraperOf({ targets: () => targets })
    await scraper.scrapeOnce()
    expect((await scraper.rawBetween(everything))[0]?.v).toEqual([5])
    const errors = scraper.health().targets.map((one) => one.error)
    expect(errors[0]).toContain('ECONNREFUSED')
    expect(errors[1]).toContain('500')
    expect(errors[2]).toContain('timeout')
    expect(errors[3]).toContain('1 lines are not metrics')
  })

  it('follows targets that come and go at runtime, and targets that cannot be told', async () => {
    const [a, b] = [await page('up_total 1\n'), await page('up_total 2\n')]
    let current: readonly ScrapeTarget[] = [a]
    const scraper = scraperOf({
      targets: () => {
        if (current.length === 0) throw new Error('the target list is being written')
        return current
      },
    })
    await scraper.scrapeOnce()
    current = [b]
    await scraper.scrapeOnce()
    expect(scraper.health().targets.map((one) => one.url)).toEqual([b.url])
    current = []
    await scraper.scrapeOnce()
    expect(scraper.health().error).toContain('being written')
    expect(await scraper.rawBetween(everything)).toHaveLength(2)
  })

  it('keeps no more than it is told: time, series and names', async () => {
    let count = 0
    const target = await page(
      () => `up_total ${(count += 1)}\nup_total{x="1"} 1\nup_total{x="2"} 1\nother_total 1\n`,
    )
    const scraper = scraperOf({ targets: () => [target], maxSeries: 2, keepMs: 20_000 })
    for (clock.nowMs = 0; clock.nowMs < 200_000; clock.nowMs += 1_000) await scraper.scrapeOnce()
    const found = await scraper.rawBetween(everything)
    expect(found).toHaveLength(2)
    expect(found[0]?.v.length).toBeLessThan(40)
    expect(found[0]?.v.at(-1)).toBe(200)
    expect(scraper.health().droppedSeries).toBe(200)
  })

  it('is no answer before the first page was read', async () => {
    const scraper = scraperOf({ targets: () => [{ url: 'http://127.0.0.1:1', labels: {} }] })
    await expect(scraper.rawBetween(everything)).rejects.toMatchObject({ code: 'unavailable' })
    await scraper.scrapeOnce()
    await expect(scraper.rawBetween(everything)).rejects.toMatchObject({
      code: 'unavailable',
      message: expect.stringContaining('127.0.0.1:1'),
    })
  })

  it('does not start a second round while one is under way, and stops when told', async () => {
    let asked = 0
    const target = await page(() => `up_total ${(asked += 1)}\n`)
    const scraper = scraperOf({ targets: () => [target], intervalMs: 3_600_000 })
    scraper.start()
    scraper.start()
    await Promise.all([scraper.scrapeOnce(), scraper.scrapeOnce()])
    await scraper.stop()
    expect(asked).toBe(1)
  })
})
