import type { Demo } from './start-demo.ts'

/** Buttons that a script may have to press; the ids are those of the thread. */
export interface Button {
  readonly ts: string
  readonly actionId: string
}

/** The newest live button of that action in the channel or its threads; null where there is none. */
export function findButton(demo: Demo, actionId: string): Button | null {
  const [channel] = demo.workspace.channels
  const messages = demo.workspace.messages(channel?.id ?? '')
  const found = messages.findLast(({ blocks }) =>
    JSON.stringify(blocks ?? []).includes(`"action_id":"${actionId}"`),
  )
  return found === undefined ? null : { ts: found.ts, actionId }
}

/** Waits for the button and presses it as that person. */
export async function press(demo: Demo, userId: string, actionId: string, timeoutMs: number): Promise<void> {
  const { workspace } = demo
  const { ts } = await workspace.waitFor(() => findButton(demo, actionId), timeoutMs, `a button ${actionId}`)
  await workspace.actAs(userId).click({ channel: workspace.channels[0]?.id, ts, actionId })
}
