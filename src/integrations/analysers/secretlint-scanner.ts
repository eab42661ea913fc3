import { createRequire } from 'node:module'
import type { Finding } from '../../pipeline/contracts.ts'
import type { SecretScanner, SourceFile } from '../../pipeline/gates/ports.ts'

const { version } = createRequire(import.meta.url)('@secretlint/core/package.json') as { version: string }
const PRESET = '@secretlint/secretlint-rule-preset-recommend'
const MAX_TEXT = 2_000_000

/** Secretlint with its recommended rules. The found secret never leaves it: messages are masked. */
export class SecretlintScanner implements SecretScanner {
  readonly name = `secretlint ${version}`

  async scan({ path, text }: SourceFile): Promise<readonly Finding[]> {
    const [{ lintSource }, { creator }] = await Promise.all([
      import('@secretlint/core'),
      import('@secretlint/secretlint-rule-preset-recommend'),
    ])
    const { messages } = await lintSource({
      // The ending only chooses between text and binary; a name of the repository could not be trusted as a path.
      source: {
        filePath: `/scan/${path.replaceAll('..', '_')}`,
        content: text.slice(0, MAX_TEXT),
        ext: '.txt',
        contentType: 'text',
      },
      options: {
        locale: 'en',
        maskSecrets: true,
        noPhysicFilePath: true,
        config: { rules: [{ id: PRESET, rule: creator }] },
      },
    })
    return messages.map(({ ruleId, message, loc }) => ({
      file: path,
      line: loc.start.line,
      rule: ruleId.replace('@secretlint/secretlint-rule-', 'secretlint/'),
      message,
    }))
  }
}
