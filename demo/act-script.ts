import type { Demo } from './start-demo.ts'

/** Buttons that a script may have to press; the ids are those of the thread. */
export interface Button {
  readonly ts: string
  readonly actionId: string
  /** What the button carries: for an approval, the thing that is approved. */
  readonly value: string
}

/** The live buttons of that action in the channel and its threads, newest first; one for each thing that they carry. */
export function findButtons(demo: Demo, actionId: string): readonly Button[] {
  const [channel] = demo.workspace.channels
  const messages = demo.workspace.messages(channel?.id ?? '').toReversed()
  const all = messages.flatMap(({ ts, blocks }) =>
    valuesOf(blocks ?? [], actionId).map((value) => ({ ts, actionId, value })),
  )
  return all.filter(({ value }, at) => all.findIndex((other) => other.value === value) === at)
}

function valuesOf(blocks: readonly unknown[], actionId: string): readonly string[] {
  const elements = blocks.flatMap(
    (block) => (block as { elements?: readonly { action_id?: string; value?: string }[] }).elements ?? [],
  )
  return elements.flatMap((element) => (element.action_id === actionId ? [element.value ?? ''] : []))
}

export interface Press {
  readonly userId: string
  readonly actionId: string
  readonly timeoutMs: number
  /** What buttons of that action carried that were pressed before. */
  readonly pressed?: ReadonlySet<string>
  /** Of several incidents' buttons the one that came first, not the newest. */
  readonly oldestFirst?: boolean
  /** When there is nothing left to wait for. */
  readonly isOver?: () => boolean
}

/**
 * Waits for a button that was not pressed yet, and presses it as that person; answers what it carries, or null where it
 * was over before there was one.
 */
export async function press(
  demo: Demo,
  { userId, actionId, timeoutMs, ...which }: Press,
): Promise<string | null> {
  const { workspace } = demo
  const fresh = () => {
    const buttons = findButtons(demo, actionId).filter(({ value }) => which.pressed?.has(value) !== true)
    const button = which.oldestFirst === true ? buttons.at(-1) : buttons[0]
    return button ?? (which.isOver?.() === true ? ('over' as const) : null)
  }
  const found = await workspace.waitFor(fresh, timeoutMs, `a button ${actionId}`)
  if (found === 'over') return null
  const { ts, value } = found
  const click = () => workspace.actAs(userId).click({ channel: workspace.channels[0]?.id, ts, actionId })
  const isTaken = () => findButtons(demo, actionId).every((button) => button.value !== value)
  await click()
  // On a busy machine the bot may miss Slack's three seconds; a person sees that, and clicks again.
  await workspace.waitFor(isTaken, CLICK_AGAIN_MS, `the click on ${actionId} to be taken`).catch(click)
  return value
}

const CLICK_AGAIN_MS = 15_000
