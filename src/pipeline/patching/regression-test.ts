import { redactValue } from '../signals/redact-secrets.ts'
import { goTest } from './go-test.ts'
import { javaTest } from './java-test.ts'
import { nodeTest } from './node-test.ts'
import { pythonTest } from './python-test.ts'
import { testPlace, type TestPlace } from './test-place.ts'
import { upstreamFailure } from '../signals/upstream-failure.ts'
import type { UpstreamFailure } from '../signals/upstream-failure.ts'
import type { Location, RegressionTest } from '../contracts.ts'
import type { ServiceDefinition } from '../services.ts'
import type { FailingInput } from '../signals/stack-trace.ts'
import type { ChangedFile } from './patched-files.ts'

export interface WrittenTest {
  readonly outcome: RegressionTest
  readonly file: ChangedFile | null
}

/** What a generated test must know to replay the request. */
export interface Replay {
  readonly incidentId: string
  readonly exception: string
  readonly input: FailingInput
  /** Argument vector, run in the root of the checkout. */
  readonly startCommand: readonly string[]
  readonly healthPath: string
  /** Plain settings; the variables in `upstreams` get the address of a stub instead. */
  readonly environment: Readonly<Record<string, string>>
  readonly upstreams: readonly string[]
  /** How the stub fails the first time that it is asked; null where it never does. */
  readonly upstreamFailure: UpstreamFailure | null
  /** Steps from the test's folder up to the root. */
  readonly depth: number
}

const MAX_BODY = 50_000

/**
 * A test, in the repository's own framework, that starts the service, sends the request that failed and expects any
 * answer but a server error. Where none can be written, the reason.
 */
export async function regressionTest(
  location: Location,
  service: ServiceDefinition,
  read: (path: string) => Promise<string | null>,
): Promise<WrittenTest> {
  const { failingInput: input, exception, config } = location
  if (config !== undefined) return none('a setting is no code; the tests of the code are run with it')
  if (exception === null) return none('no single request fails by itself: there is nothing to replay')
  if (input === null) return none('the request that failed was not logged')
  const refusal = whyUnfit(input, service)
  if (refusal !== null) return none(refusal)
  const place = await testPlace(service, location, read)
  if (place.kind === 'unknown') return none(place.why)
  const replay = replayOf({ location, exception, service, input, path: place.path })
  const content = contentOf(place, replay)
  const describes = `replays ${input.method} ${input.path.split('?')[0]}${whileItFails(replay)} and expects no server error`
  return {
    outcome: { kind: 'generated', path: place.path, describes },
    file: { path: place.path, content },
  }
}

function contentOf(place: Exclude<TestPlace, { kind: 'unknown' }>, replay: Replay): string {
  if (place.kind === 'go') return goTest(replay, place)
  if (place.kind === 'java') return javaTest(replay, place)
  if (place.framework === 'unittest') return pythonTest(replay)
  return nodeTest(replay, { framework: place.framework, isTypeScript: /\.[cm]?ts$/.test(place.path) })
}

function replayOf(known: {
  readonly location: Location
  readonly exception: NonNullable<Location['exception']>
  readonly service: ServiceDefinition
  readonly input: FailingInput
  readonly path: string
}): Replay {
  const { location, exception, service, input, path } = known
  const entries = Object.entries(service.environment)
  const upstreams = entries.map(([name]) => name).filter(isUpstream)
  return {
    incidentId: location.incidentId,
    exception: exception.type,
    input,
    startCommand: service.startCommand ?? [],
    healthPath: service.healthPath,
    environment: Object.fromEntries(entries.filter(([name]) => !isUpstream(name))),
    upstreams,
    upstreamFailure: upstreams.length === 0 ? null : upstreamFailure(exception),
    depth: path.split('/').length - 1,
  }
}

function whileItFails({ upstreamFailure: failure }: Replay): string {
  if (failure === null) return ''
  return failure === 'broken connection'
    ? ' while the connection to its upstream breaks once'
    : ` while its upstream answers ${failure} once`
}

function isUpstream(name: string): boolean {
  return name.endsWith('_URL')
}

/** A test stays in the repository for ever: nothing secret, nothing huge, and nothing that cannot be started. */
function whyUnfit(input: FailingInput, service: ServiceDefinition): string | null {
  if (service.startCommand === null || service.startCommand.length === 0)
    return `${service.name} has no startCommand in services.yaml`
  if (!/^[A-Z]{1,20}$/.test(input.method) || !/^\/[\x21-\x7e]*$/.test(input.path))
    return 'the logged request is no plain HTTP request'
  const body = JSON.stringify(input.body ?? null)
  if (body.length > MAX_BODY)
    return `the logged request has ${body.length} characters, more than a test should hold`
  const told = { path: input.path, body: input.body, ...service.environment }
  return JSON.stringify(redactValue(told)) === JSON.stringify(told)
    ? null
    : 'the logged request or the environment of the service holds what looks like a secret'
}

function none(reason: string): WrittenTest {
  return { outcome: { kind: 'none', reason }, file: null }
}
