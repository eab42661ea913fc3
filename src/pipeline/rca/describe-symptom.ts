import type { Incident } from '../contracts.ts'
import type { IncidentCase } from '../signals/telemetry.ts'
import { caseWindow } from './case-window.ts'
import { describeDeviation } from './describe-deviation.ts'
import { outwardDeviation, serviceAnomalies } from './evidence/metric-evidence.ts'
import { seriesDeviations } from './series-deviation.ts'
import type { RcaSettings } from './settings.ts'

/** What the reported service shows, measured where it can be, else in the words of the page. */
export function describeSymptom(
  incident: Incident,
  incidentCase: IncidentCase,
  settings: RcaSettings,
): string {
  if (incident.service === null) return incident.title
  const window = caseWindow(incidentCase, settings.incidentWindowMs)
  const own = incidentCase.metrics.filter(({ service }) => service === incident.service)
  const anomaly = serviceAnomalies(seriesDeviations(own, window.start, settings.deviation)).get(
    incident.service,
  )
  const worst = outwardDeviation(anomaly, null)
  if (worst === null || worst.scales < settings.symptomAbnormalFrom) return incident.title
  return `${incident.service}: ${describeDeviation(worst)}`
}
