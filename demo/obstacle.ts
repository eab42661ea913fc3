import { isThere, prepareMachine } from '../scripts/prepare-machine.ts'
import type { Scenario } from './scenarios/scenario.ts'

/** Whether the machine has what the scenario needs beside what the whole demo does. */
export async function isReady({ needs = [] }: Scenario): Promise<boolean> {
  return (await Promise.all(needs.map(isThere))).every(Boolean)
}

/** Installs what the scenario needs, where that is allowed; else the sentence why it cannot run, with the mend. */
export async function obstacleTo({ title, needs = [] }: Scenario): Promise<string | null> {
  const { missing } = await prepareMachine({ need: needs })
  if (missing.length === 0) return null
  const tools = missing.map(({ tool, mend }) => `${tool}, which this machine lacks; ${mend}`)
  return `${title} needs ${tools.join('; and ')}.`
}
