/** Writes .env.example from the list of variables in src/config/schema/environment.ts. */
import { writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { VARIABLES, type Variable } from '../src/config/schema/environment.ts'

/** The text of .env.example: every variable with what it is for; those with a default are commented out. */
export function envExample(): string {
  const head = '# Copy to .env and fill in. Lines that begin with # show defaults.\n'
  return [head, ...VARIABLES.map(entry)].join('\n')
}

function entry(variable: Variable): string {
  const need = variable.required ? ' (required)' : ''
  const secret = variable.secret ? ' (secret)' : ''
  const prefix = variable.required ? '' : '#'
  return `# ${variable.about}${need}${secret}\n${prefix}${variable.name}=${variable.byDefault ?? ''}\n`
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  writeFileSync(fileURLToPath(new URL('../.env.example', import.meta.url)), envExample())
}
