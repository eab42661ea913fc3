/**
 * A bot that makes one call to the deploy target and is killed (SIGKILL, by itself) after the step it is told:
 * `node dying-bot.ts OPTIONS CALL ARGUMENTS STEP`, the first three in JSON.
 */
import {
  ProcessTarget,
  type ProcessTargetOptions,
} from '../../../src/integrations/processes/process-target.ts'

const [options = '', call = '', args = '', step = ''] = process.argv.slice(2)
const target = new ProcessTarget({
  ...(JSON.parse(options) as ProcessTargetOptions),
  onStep: (reached) => {
    if (reached === step) process.kill(process.pid, 'SIGKILL')
  },
})
const method = JSON.parse(call) as 'start' | 'setWeight' | 'stop'
await (target[method] as (...given: unknown[]) => Promise<unknown>).apply(
  target,
  JSON.parse(args) as unknown[],
)
