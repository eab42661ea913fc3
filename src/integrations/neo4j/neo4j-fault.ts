import { Neo4jError } from 'neo4j-driver'
import { CcpError, toCcpError, type CcpErrorOptions, type ErrorCode } from '../../pipeline/errors.ts'

interface Known {
  /** Matches the server's code. */
  readonly code: RegExp
  readonly as: ErrorCode
  /** What the server does. */
  readonly words: string
  readonly mend?: string
}

const KNOWN: readonly Known[] = [
  {
    code: /Security\.(Unauthorized|AuthenticationRateLimit|CredentialsExpired|TokenExpired)/,
    as: 'unauthorised',
    words: 'refuses the credentials',
    mend: 'check NEO4J_USER and NEO4J_PASSWORD',
  },
  {
    code: /Security\.Forbidden/,
    as: 'unauthorised',
    words: 'does not allow this user to keep the graph',
    mend: 'grant the user reading, writing and schema on NEO4J_DATABASE',
  },
  {
    code: /DatabaseNotFound/,
    as: 'bad-config',
    words: 'has no such database',
    mend: 'correct NEO4J_DATABASE',
  },
  { code: /TransactionTimedOut|Transaction\.Terminated/, as: 'timeout', words: 'did not answer in time' },
]

/** What the driver throws, in our words. `where` is the server's URL; no credentials are in it. */
export function neo4jFault(thrown: unknown, where: string): CcpError {
  if (!(thrown instanceof Neo4jError)) return toCcpError(thrown)
  const { code } = thrown
  const fault = (as: ErrorCode, words: string, options: CcpErrorOptions): CcpError =>
    new CcpError(as, `Neo4j at ${where} ${words}`, { ...options, cause: thrown })
  const known = KNOWN.find((one) => one.code.test(code))
  if (known !== undefined) return fault(known.as, known.words, { mend: known.mend })
  if (isDistrusted(thrown))
    return fault('unavailable', 'shows a certificate that is not trusted, or is for another name', {
      mend: 'name the PEM file of its authority in NEO4J_CA_FILE, and in NEO4J_URL the host that it is for',
    })
  if (code.startsWith('Neo.')) return fault('unavailable', `answered with ${code}`, {})
  return fault('unavailable', 'cannot be reached', { mend: 'check NEO4J_URL, and that the server runs' })
}

/** The driver tells Node's reason in the text of the error, or of what caused it. */
function isDistrusted(error: unknown): boolean {
  if (!(error instanceof Error)) return false
  return /certificate is not trusted|_CERT\b|CERT_|altnames/.test(error.message) || isDistrusted(error.cause)
}
