import { execa } from 'execa'
import type { ServiceDescription } from './services.ts'

const FIRST_BUILD_TIMEOUT_MS = 300_000

/**
 * The first build on a machine compiles Go's standard library as well, which takes longer than a release may take to
 * start. Done before, it is in Go's cache.
 */
export async function warmUp({ toolchain }: ServiceDescription, checkout: string): Promise<void> {
  if (toolchain !== 'go') return
  // As in demo/config/services.yaml: other settings would fill another part of the cache.
  const env = { CGO_ENABLED: '0', GOTOOLCHAIN: 'local', GOPROXY: 'off' }
  await execa('go', ['build', '-o', '/dev/null', '.'], {
    cwd: checkout,
    env,
    timeout: FIRST_BUILD_TIMEOUT_MS,
  })
}
