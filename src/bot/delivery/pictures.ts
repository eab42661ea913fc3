import type { Logger } from 'pino'
import type { Delivery } from '../../pipeline/ports.ts'
import { toCcpError } from '../../pipeline/errors.ts'
import type { DeliverySettings } from '../settings.ts'
import type { DesiredImage } from '../views/desired-message.ts'
import { hashOf } from './outgoing.ts'
import type { SlackPort } from './slack-port.ts'

/** The picture that a message shows now, and when it may be replaced if it is behind. */
export interface Shown {
  readonly fileId: string | null
  readonly fileHash: string | null
  readonly againAtMs: number | null
}

interface Drawn {
  readonly atMs: number
  readonly milestone: string
  readonly count: number
  /** What came of it; null where the upload failed. */
  readonly picture: Pick<Shown, 'fileId' | 'fileHash'> | null
}

export interface Pictures {
  /** What to show now, or that a new picture is due. */
  choose(incidentId: string, image: DesiredImage, row: Delivery | null): 'draw' | Shown
  /** Draws and uploads, outside of any queue; a failure is only logged, for the words must not wait for it. */
  draw(incidentId: string, image: DesiredImage): Promise<void>
  forget(incidentId: string): void
}

export interface PicturesDeps {
  readonly slack: Pick<SlackPort, 'upload'>
  readonly settings: Pick<DeliverySettings, 'imageEveryMs' | 'maxImages'>
  readonly log: Logger
  nowMs(): number
  render(svg: string): Promise<Buffer>
}

/** Bounds how often pictures are drawn: at changes of phase at once, in between every few seconds, and not for ever. */
export function pictures(deps: PicturesDeps): Pictures {
  const drawn = new Map<string, Drawn>()

  function choose(incidentId: string, image: DesiredImage, row: Delivery | null): 'draw' | Shown {
    const last = drawn.get(incidentId)
    const newest = last?.picture ?? { fileId: row?.fileId ?? null, fileHash: row?.fileHash ?? null }
    if (newest.fileHash === hashOf(image.svg)) return { ...newest, againAtMs: null }
    if (last === undefined || last.milestone !== image.milestone) return 'draw'
    if (last.count >= deps.settings.maxImages) return { ...newest, againAtMs: null }
    const againAtMs = last.atMs + deps.settings.imageEveryMs
    return deps.nowMs() >= againAtMs ? 'draw' : { ...newest, againAtMs }
  }

  async function draw(incidentId: string, image: DesiredImage): Promise<void> {
    const last = drawn.get(incidentId)
    const next = { atMs: deps.nowMs(), milestone: image.milestone, count: (last?.count ?? 0) + 1 }
    // Noted before the try: a failing upload must not be repeated at every look.
    drawn.set(incidentId, { ...next, picture: last?.picture ?? null })
    try {
      const bytes = await deps.render(image.svg)
      const filename = `canary-${next.count}.png`
      const fileId = await deps.slack.upload({ bytes, filename, alt: image.alt })
      drawn.set(incidentId, { ...next, picture: { fileId, fileHash: hashOf(image.svg) } })
    } catch (thrown) {
      deps.log.warn({ incidentId, error: toCcpError(thrown).message }, 'the canary graph was not uploaded')
    }
  }

  return { choose, draw, forget: (incidentId) => void drawn.delete(incidentId) }
}
