import type { Sandbox } from '../../pipeline/gates/ports.ts'
import type { GateSettings } from '../../pipeline/gates/settings.ts'
import { BubblewrapSandbox } from './bubblewrap.ts'
import { GoBuildCache } from './go-build-cache.ts'
import { UnconfinedSandbox } from './unconfined.ts'

/** A directory of the host that is shown in every checkout, read-only: dependencies that are not in git. */
export interface Dependency {
  readonly from: string
  /** Relative to the checkout's root. */
  readonly to: string
}

/** The sandbox that the settings name. */
export function createSandbox(
  { sandbox }: Pick<GateSettings, 'sandbox'>,
  dependencies: readonly Dependency[] = [],
): Sandbox {
  switch (sandbox.kind) {
    case 'bubblewrap':
      return new BubblewrapSandbox({ dependencies, goBuildCache: new GoBuildCache() })
    case 'none':
      return new UnconfinedSandbox({ dependencies, acceptedRisk: sandbox.acceptedRisk })
  }
}
