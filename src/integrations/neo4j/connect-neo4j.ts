import neo4j, { type Driver } from 'neo4j-driver'

export interface Neo4jSettings {
  /** neo4j://, bolt:// or, with TLS, neo4j+s://, bolt+s://. */
  readonly url: string
  readonly user: string
  /** Null: the server asks for none. */
  readonly password: string | null
  /** Null: the server's default. */
  readonly database: string | null
  /** PEM file of the authority that signed the server's certificate; null: those that Node trusts. */
  readonly caFile: string | null
}

const CONNECT_TIMEOUT_MS = 1_500

/** A pool of connections; none is opened yet. With TLS the certificate is always checked, and for the server's name. */
export function connectNeo4j({ url, user, password, caFile }: Neo4jSettings): Driver {
  const auth = password === null ? undefined : neo4j.auth.basic(user, password)
  // The driver takes an authority of one's own only beside a URL without "+s".
  const ownAuthority =
    caFile === null
      ? {}
      : {
          encrypted: 'ENCRYPTION_ON' as const,
          trust: 'TRUST_CUSTOM_CA_SIGNED_CERTIFICATES' as const,
          trustedCertificates: [caFile],
        }
  return neo4j.driver(caFile === null ? url : url.replace('+s://', '://'), auth, {
    ...ownAuthority,
    connectionTimeout: CONNECT_TIMEOUT_MS,
    connectionAcquisitionTimeout: CONNECT_TIMEOUT_MS,
    maxTransactionRetryTime: CONNECT_TIMEOUT_MS,
    disableAutoCommitRetries: true,
    maxConnectionPoolSize: 8,
    connectionLivenessCheckTimeout: 30_000,
    // Milliseconds and counts are exact as numbers.
    disableLosslessIntegers: true,
    telemetryDisabled: true,
    userAgent: 'ccp',
  })
}
