import type { Finding } from '../contracts.ts'
import { isTestFile, type ChangedFile } from './changed-files.ts'

const URL_HOST =
  /\b(?:https?|wss?|ftp|tcp|amqps?|redis|postgres(?:ql)?|mysql|mongodb(?:\+srv)?|smtp|grpc):\/\/(?:[^\s/@'"]{1,100}@)?([a-z0-9.-]{1,253}|\[[0-9a-f:]+\])/gi
const ADDRESS = /(?<![\w.])((?:\d{1,3}\.){3}\d{1,3})(?![\w.])/g
/** Comments and documents send nothing anywhere. */
const COMMENT = /^\s*(?:#|\/\/|\/?\*|<!--)/
const DOCUMENT = /\.(?:md|rst|txt|adoc)$|(?:^|\/)(?:docs?|licenses?)\//i
const LOCAL =
  /^(?:localhost|127(?:\.\d+){3}|0\.0\.0\.0|\[::1?\]|.*\.(?:local|test|invalid|example)|(?:.*\.)?example\.(?:com|org|net))$/i
/** Names of formats, not places: XML namespaces and JSON schemas. */
const NAMESPACE =
  /^(?:www\.w3\.org|schemas\.\w+\.(?:com|org)|json-schema\.org|xmlns\.jcp\.org|maven\.apache\.org)$/i

/** Network destinations in added code that neither the base's files nor the settings know. */
export function findNewHosts(
  files: readonly ChangedFile[],
  knows: (host: string) => boolean,
): readonly Finding[] {
  return files
    .filter(({ path }) => !isTestFile(path) && !DOCUMENT.test(path))
    .flatMap(({ path, added }) =>
      added.flatMap(({ line, text }) =>
        hostsOf(text)
          .filter((host) => !knows(host))
          .map((host) => ({
            file: path,
            line,
            rule: 'new-destination',
            message: `${host} is a new network destination: add it to security.allowedHosts in safety-gates.yaml if it is meant`,
          })),
      ),
    )
}

function hostsOf(text: string): readonly string[] {
  if (COMMENT.test(text)) return []
  const line = text.slice(0, 20_000)
  const hosts = [...line.matchAll(URL_HOST), ...line.matchAll(ADDRESS)].map((match) =>
    (match[1] ?? '').toLowerCase(),
  )
  return [...new Set(hosts)].filter((host) => isPlace(host))
}

function isPlace(host: string): boolean {
  if (host === '' || LOCAL.test(host) || NAMESPACE.test(host)) return false
  const parts = host.split('.')
  if (parts.every((part) => /^\d+$/.test(part)))
    return parts.length === 4 && parts.every((part) => Number(part) < 256)
  return parts.length > 1 || /^[a-z]/.test(host)
}
