import { describe, expect, it } from 'vitest'
import { caseWindow } from '../../../src/pipeline/rca/case-window.ts'
import { estimateOnset, metricSteps } from '../../../src/pipeline/rca/onset.ts'
import { seriesDeviations } from '../../../src/pipeline/rca/series-deviation.ts'
import { incidentCase, NOW, series, SETTINGS } from './builders.ts'

const lengthOf = (periodS: number, historyS: number): number =>
  NOW -
  caseWindow(
    incidentCase({ metrics: [series({ service: 'a', name: 'cpu_usage', before: 1, periodS, historyS })] }),
    300_000,
  ).start

describe('the window in which the incident is looked for', () => {
  it('is as configured where the history is long', () => expect(lengthOf(10, 3600)).toBe(300))
  it('holds two samples where sampling is slow', () => expect(lengthOf(300, 86_400)).toBe(600))
  it('leaves half of a short history as the past', () => expect(lengthOf(0.5, 40)).toBeCloseTo(20))
  it('is as configured where nothing is known', () =>
    expect(NOW - caseWindow(incidentCase(), 300_000).start).toBe(300))

  it('reaches back from the alert, so that an incident that goes on is not taken for the normal state', () => {
    const metrics = [series({ service: 'a', name: 'cpu_usage', before: 1, periodS: 0.5, historyS: 60 })]
    expect(NOW - caseWindow(incidentCase({ metrics, reportedAt: NOW - 40 }), 300_000).start).toBeCloseTo(50)
    const long = [series({ service: 'a', name: 'cpu_usage', before: 1, historyS: 3600 })]
    const again = incidentCase({ metrics: long, reportedAt: NOW - 1200 })
    expect(NOW - caseWindow(again, 300_000).start).toBe(1500)
  })

  it('reaches back from now where nothing older than the alert is known', () => {
    const metrics = [series({ service: 'a', name: 'cpu_usage', before: 1, historyS: 3600 })]
    const again = incidentCase({ metrics, reportedAt: NOW - 7200 })
    expect(NOW - caseWindow(again, 300_000).start).toBe(300)
  })
})

describe('the onset', () => {
  it('is found where most series step, not where one does', () => {
    const metrics = [
      ...['a', 'b', 'c'].map((service) =>
        series({ service, name: 'cpu_usage', before: 20, during: 60, sinceS: 120 }),
      ),
      series({ service: 'd', name: 'cpu_usage', before: 20, during: 60, sinceS: 260 }),
    ]
    const window = caseWindow(incidentCase({ metrics }), 300_000)
    const onset = estimateOnset(
      metricSteps(seriesDeviations(metrics, window.start, SETTINGS.deviation), window),
      window,
    )
    expect(NOW - onset).toBeGreaterThanOrEqual(110)
    expect(NOW - onset).toBeLessThanOrEqual(140)
  })

  it('is the beginning of the window where nothing steps', () => {
    const window = caseWindow(incidentCase(), 300_000)
    expect(estimateOnset([], window)).toBe(window.start)
  })
})
