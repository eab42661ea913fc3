import type { Demo } from './start-demo.ts'

/** Buttons that a script may have to press; the ids are those of the thread. */
export interface Button {
  readonly ts: string
  readonly actionId: string
  /** What the button carries: for an approval, the thing that is approved. */
  readonly value: string
}

/** The newest live button of that action in the channel or its threads; null where there is none. */
export function findButton(demo: Demo, actionId: string): Button | null {
  const [channel] = demo.workspace.channels
  const messages = demo.workspace.messages(channel?.id ?? '')
  for (const { ts, blocks } of messages.toReversed()) {
    const value = valueOf(blocks ?? [], actionId)
    if (value !== null) return { ts, actionId, value }
  }
  return null
}

function valueOf(blocks: readonly unknown[], actionId: string): string | null {
  const elements = blocks.flatMap(
    (block) => (block as { elements?: readonly { action_id?: string; value?: string }[] }).elements ?? [],
  )
  const found = elements.find((element) => element.action_id === actionId)
  return found === undefined ? null : (found.value ?? '')
}

/** Waits for a button other than the one that carries `pressed`, and presses it as that person; answers what it carries. */
export async function press(
  demo: Demo,
  userId: string,
  actionId: string,
  timeoutMs: number,
  pressed: string | null = null,
): Promise<string> {
  const { workspace } = demo
  const fresh = () => {
    const button = findButton(demo, actionId)
    return button?.value === pressed ? null : button
  }
  const { ts, value } = await workspace.waitFor(fresh, timeoutMs, `a button ${actionId}`)
  const click = () => workspace.actAs(userId).click({ channel: workspace.channels[0]?.id, ts, actionId })
  const isTaken = () => findButton(demo, actionId)?.value !== value
  await click()
  // On a busy machine the bot may miss Slack's three seconds; a person sees that, and clicks again.
  await workspace.waitFor(isTaken, CLICK_AGAIN_MS, `the click on ${actionId} to be taken`).catch(click)
  return value
}

const CLICK_AGAIN_MS = 15_000
