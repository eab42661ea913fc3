import { describe, expect, it } from 'vitest'
import { diffModal } from '../../../src/bot/views/diff-modal.ts'
import { locationMessage } from '../../../src/bot/views/location.ts'
import { patchMessage } from '../../../src/bot/views/patch.ts'
import { rootMessage } from '../../../src/bot/views/root.ts'
import { sceneOf } from '../../../src/bot/views/scene.ts'
import type { Location, Patch } from '../../../src/pipeline/contracts.ts'
import { approvalMail, pageNote } from '../../../src/pipeline/notices.ts'
import { ACCESS, location, patch, RECORDS } from '../../support/incident-records.ts'

const SURFACED: Location = {
  ...location,
  file: 'payment/settlement.py',
  line: 10,
  symbol: 'account_for',
  exception: { type: 'KeyError', message: "'GBP'" },
}
const IN_CONFIG: Location = {
  ...location,
  file: 'payment.env',
  line: 7,
  symbol: 'SETTLE_GBP',
  exception: SURFACED.exception,
  config: { change: 'SETTLE_GBP removed (was LON-118-402)', surfaced: SURFACED },
}
const DIFF = `diff --git a/payment.env b/payment.env
--- a/payment.env
+++ b/payment.env
@@ -1,3 +1,3 @@
 BANK_PASSWORD=hunter2
-SETTLE_GPB=EDI-771-021
+SETTLE_GBP=LON-118-402
`
const OF_CONFIG: Patch = {
  ...patch,
  strategy: 'config-change',
  diff: DIFF,
  files: [{ path: 'payment.env', added: 1, removed: 1 }],
  pair: { part: 'config', otherCommit: 'c'.repeat(40) },
}
const record = { ...RECORDS.awaitingApproval, location: IN_CONFIG, patch: OF_CONFIG }
const scene = sceneOf(record, { members: ACCESS.members, link: () => null, thread: () => null })

describe('a fault in the configuration', () => {
  it('is told with its setting, and where it surfaced in code that did not change', () => {
    const { text } = locationMessage(IN_CONFIG)
    expect(text).toContain(
      "*Fault at* `payment.env:7` in `SETTLE_GBP` of the configuration of `payment`\nSETTLE_GBP removed (was LON-118-402)\nIt surfaces as `KeyError` 'GBP' at `payment/settlement.py:10` in `account_for`, which did not change",
    )
    expect(text).toContain('Configuration as in production, commit')
  })

  it('is told without an exception where there was none', () => {
    const silent = { ...IN_CONFIG, exception: null, config: { change: 'LIMIT 7000 -> 70', surfaced: null } }
    expect(locationMessage(silent).text).toContain('LIMIT 7000 -&gt; 70')
    expect(locationMessage(silent).text).not.toContain('surfaces')
  })

  it('is what the message in the channel names as the cause', () => {
    expect(rootMessage(scene).text).toContain(
      "At `payment.env:7` of its configuration: SETTLE_GBP removed (was LON-118-402). It throws `KeyError`: 'GBP'.",
    )
  })

  it('is what the note on the page names', () => {
    expect(pageNote(record)).toContain('Where: payment.env:7 in the configuration of payment.')
  })
})

describe('a patch of the configuration', () => {
  it('says in which repository its branch is', () => {
    expect(patchMessage(scene, OF_CONFIG).text).toMatch(/Branch `ccp\/\S+` of the configuration, commit/)
  })

  it('shows no secret that stands beside the change, in the thread, the modal or the mail', () => {
    const shown = [
      JSON.stringify(patchMessage(scene, OF_CONFIG)),
      JSON.stringify(diffModal(OF_CONFIG)),
      approvalMail(record).text,
    ]
    for (const text of shown) {
      expect(text).toContain('SETTLE_GBP=LON-118-402')
      expect(text).toContain('BANK_PASSWORD=[redacted]')
      expect(text).not.toContain('hunter2')
    }
    expect(JSON.stringify(diffModal(OF_CONFIG))).toContain('Values that look like secrets are not shown')
  })
})
