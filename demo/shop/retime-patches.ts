/** The moment the stored patches look back from: a Wednesday, 15:00 UTC. */
export const storedNowMs = Date.UTC(2026, 2, 18, 15, 0, 0)

const dayMs = 86_400_000
const DATE_HEADER = /^Date: (.+)$/m

/** A mail made by `git format-patch` with its date moved so that the history ends at `nowMs`. */
export function retimePatch(patch: string, nowMs: number): string {
  return patch.replace(DATE_HEADER, (_header, stored: string) => {
    const date = new Date(retime(Date.parse(stored), nowMs))
    return `Date: ${date.toUTCString().replace('GMT', '+0000')}`
  })
}

/**
 * Moves a time of the stored history (ms): today's commits keep their distance to now, older ones keep their time of day and
 * the number of working days (Monday to Friday, UTC) before today. Order is kept for stored times from 08:00 to 17:00.
 */
export function retime(storedMs: number, nowMs: number): number {
  const workingDays = workingDaysBetween(storedMs, storedNowMs)
  const moved =
    workingDays === 0
      ? nowMs - (storedNowMs - storedMs)
      : workingDaysBefore(startOfDay(nowMs), workingDays) + (storedMs - startOfDay(storedMs))
  return Math.floor(moved / 1000) * 1000
}

function workingDaysBetween(earlierMs: number, laterMs: number): number {
  let days = 0
  for (let day = startOfDay(laterMs); day > startOfDay(earlierMs); days++) day = workingDaysBefore(day, 1)
  return days
}

function workingDaysBefore(dayStartMs: number, count: number): number {
  let day = dayStartMs
  for (let left = count; left > 0;) {
    day -= dayMs
    if (isWorkingDay(day)) left--
  }
  return day
}

function isWorkingDay(timeMs: number): boolean {
  const weekday = new Date(timeMs).getUTCDay()
  return weekday !== 0 && weekday !== 6
}

function startOfDay(timeMs: number): number {
  return Math.floor(timeMs / dayMs) * dayMs
}
