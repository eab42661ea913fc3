/** Of a value no more than this is looked at: a mounted file may be of any size. */
const MOST_CHARACTERS = 65_536
/** Longer words name no host; so that no pattern below meets a long text. */
const LONGEST_WORD = 512

const BETWEEN_WORDS = /[\s,;"'`<>()[\]{}|=]+/
const HOST = /^[a-z0-9][a-z0-9.-]*$/
const HOST_AND_PORT = /^([a-z0-9][a-z0-9.-]*):\d{1,5}$/
const CLUSTER_NAME = /^[a-z0-9-]+\.[a-z0-9-]+\.svc(?:\.[a-z0-9.-]+)?$/
/** Names of variables whose whole value is an address. */
const NAMES_ADDRESS =
  /(?:^|[_.-])(?:hosts?|hostname|addr|address|url|uri|endpoint|service|servers?|upstream)$/i

/**
 * The hosts that a setting names: those in URLs, before ports and with cluster names; a bare word only where the setting's
 * own name says that it is an address, for "payment" may as well be a mode.
 */
export function namedHosts(setting: string, value: string): readonly string[] {
  const isAddress = NAMES_ADDRESS.test(setting)
  const words = value.slice(0, MOST_CHARACTERS).split(BETWEEN_WORDS)
  return [...new Set(words.flatMap((word) => hostIn(word.toLowerCase(), isAddress) ?? []))]
}

/** http://user:password@host:80/path, jdbc:postgresql://host/db, host:5672/queue, host.namespace.svc */
function hostIn(word: string, isAddress: boolean): string | null {
  if (word.length > LONGEST_WORD) return null
  const scheme = word.indexOf('://')
  const authority = word.slice(scheme < 0 ? 0 : scheme + 3).split(/[/?#]/, 1)[0] ?? ''
  const address = scheme < 0 ? authority : authority.slice(authority.lastIndexOf('@') + 1)
  const withPort = HOST_AND_PORT.exec(address)?.[1]
  if (withPort !== undefined) return withPort
  return HOST.test(address) && (scheme >= 0 || isAddress || CLUSTER_NAME.test(address)) ? address : null
}
