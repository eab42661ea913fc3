import type { Finding } from '../contracts.ts'
import type { SourceFile } from './ports.ts'

interface SecretRule {
  readonly id: string
  readonly pattern: RegExp
  readonly what: string
}

/** Forms of credentials that secretlint's recommended preset leaves out. All patterns are linear in the text. */
const RULES: readonly SecretRule[] = [
  {
    id: 'aws-access-key-id',
    pattern: /\b(?:AKIA|ASIA|AROA|AIDA)[0-9A-Z]{16}\b/g,
    what: 'an AWS access key id',
  },
  {
    id: 'aws-secret-key',
    pattern: /aws.{0,20}?secret.{0,20}?['"=:\s][A-Za-z0-9/+]{40}(?![A-Za-z0-9/+])/gi,
    what: 'an AWS secret key',
  },
  {
    id: 'json-web-token',
    pattern: /\beyJ[\w-]{10,2000}\.eyJ[\w-]{10,4000}\.[\w-]{10,2000}/g,
    what: 'a JSON Web Token',
  },
  {
    id: 'private-key',
    pattern: /-----BEGIN (?:[A-Z0-9]+ ){0,3}PRIVATE KEY(?: BLOCK)?-----/g,
    what: 'a private key',
  },
  {
    id: 'github-token',
    pattern: /\b(?:gh[pousr]_[A-Za-z0-9]{36,255}|github_pat_[A-Za-z0-9_]{60,255})\b/g,
    what: 'a GitHub token',
  },
  {
    id: 'slack-token',
    pattern: /\bxox[abeoprs]-[A-Za-z0-9-]{10,200}|\bxapp-\d-[A-Z0-9]+-\d+-[a-f0-9]{32,}/g,
    what: 'a Slack token',
  },
  {
    id: 'slack-webhook',
    pattern: /hooks\.slack\.com\/(?:services|workflows)\/[\w/]{20,200}/g,
    what: 'a Slack webhook',
  },
  { id: 'google-api-key', pattern: /\bAIza[0-9A-Za-z_-]{35}\b/g, what: 'a Google API key' },
  { id: 'stripe-key', pattern: /\b[sr]k_(?:live|test)_[0-9A-Za-z]{16,200}\b/g, what: 'a Stripe key' },
  { id: 'npm-token', pattern: /\bnpm_[A-Za-z0-9]{36}\b/g, what: 'an npm token' },
  {
    id: 'url-password',
    pattern: /\b[a-z][a-z0-9+.-]{1,20}:\/\/[^\s:@/'"$<{]{1,100}:[^\s:@/'"$<{]{3,200}@[\w.-]+/gi,
    what: 'a password in a URL',
  },
  {
    id: 'assigned-secret',
    pattern:
      /(?:password|passwd|secret|api_?key|access_?token|auth_?token|private_?key|client_?secret)['"]?\s{0,4}(?::=|[:=])\s{0,4}['"](?=[^'"\s]{0,200}[0-9])(?=[^'"\s]{0,200}[A-Za-z])[A-Za-z0-9+/_.~=-]{16,200}['"]/gi,
    what: 'a credential in a string',
  },
]

const PLACEHOLDER = /example\.com|changeme|placeholder|your[-_]|<[^>]+>|\$\{|xxxx/i

/** Credentials in a text, by our own rules; the findings never repeat them. */
export function findSecrets({ path, text }: SourceFile): readonly Finding[] {
  return text.split('\n').flatMap((line, at) =>
    RULES.flatMap(({ id, pattern, what }) => {
      const found = line.slice(0, 20_000).matchAll(pattern)
      return [...found].flatMap(([match]) =>
        id === 'assigned-secret' && PLACEHOLDER.test(match)
          ? []
          : [
              {
                file: path,
                line: at + 1,
                rule: `secret/${id}`,
                message: `${what} (${masked(match)}): revoke it, and read it from the environment`,
              },
            ],
      )
    }),
  )
}

function masked(secret: string): string {
  return `${secret.slice(0, 4)}..., ${secret.length} characters`
}
