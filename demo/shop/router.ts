import { parseArgs } from 'node:util'
import { CcpError, toCcpError } from '../../src/pipeline/errors.ts'
import { readConfig } from './router/routing-config.ts'
import { startRouter } from './router/start-router.ts'

const GRACE_MS = 2_000

/**
 * The traffic router of the shop as a process: `node demo/shop/router.ts --config FILE`. Prints one JSON line with the actual
 * ports when it is ready; leaves on SIGTERM or SIGINT. Exits 2 on bad input, 1 on a fault.
 */
async function main(): Promise<void> {
  const { config } = parseArgs({ options: { config: { type: 'string' } } }).values
  if (config === undefined) throw new CcpError('bad-input', 'usage: node demo/shop/router.ts --config FILE')
  const { adminPort, ports, stop } = await startRouter(readConfig(config))
  const leave = () => void stop(GRACE_MS).then(() => process.exit(0))
  process.once('SIGTERM', leave).once('SIGINT', leave)
  process.stdout.write(JSON.stringify({ kind: 'ready', adminPort, ports }) + '\n')
}

main().catch((thrown: unknown) => {
  const error = toCcpError(thrown)
  process.stderr.write([error.message, error.mend].filter(Boolean).join(' ') + '\n')
  process.exit(error.code === 'bad-input' || error.code === 'bad-config' ? 2 : 1)
})
