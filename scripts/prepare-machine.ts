/**
 * Installs what a bare machine lacks, where it may: Debian or Ubuntu, as root. Elsewhere it says what is missing and how to
 * mend it. `node scripts/prepare-machine.ts git python3 bubblewrap [--strict]`
 */
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { execa } from 'execa'

/** Tools that the demo and the tests may need: the program by which each is known, and Debian's package. */
const TOOLS = {
  git: { program: 'git', args: ['--version'], package: 'git' },
  python3: { program: 'python3', args: ['--version'], package: 'python3' },
  bubblewrap: { program: 'bwrap', args: ['--version'], package: 'bubblewrap' },
  prometheus: { program: 'prometheus', args: ['--version'], package: 'prometheus' },
  go: { program: 'go', args: ['version'], package: 'golang-go' },
  maven: { program: 'mvn', args: ['--version'], package: 'maven' },
  openssl: { program: 'openssl', args: ['version'], package: 'openssl' },
  java: { program: 'javac', args: ['-version'], package: 'default-jdk-headless' },
} as const

export type Tool = keyof typeof TOOLS

export interface Prepared {
  readonly installed: readonly Tool[]
  readonly missing: readonly { readonly tool: Tool; readonly mend: string }[]
}

const INSTALL_TIMEOUT_MS = 240_000

/** Looks for the tools, installs those that lack where that is allowed, and looks again. */
export async function prepareMachine({ need }: { readonly need: readonly Tool[] }): Promise<Prepared> {
  const lacking = await whichLack(need)
  if (lacking.length === 0) return { installed: [], missing: [] }
  if (mayInstall()) await install(lacking)
  const still = await whichLack(lacking)
  return {
    installed: lacking.filter((tool) => !still.includes(tool)),
    missing: still.map((tool) => ({ tool, mend: mendOf(tool) })),
  }
}

/** What a person does to get the tool. */
export function mendOf(tool: Tool): string {
  return `install it: apt-get install ${TOOLS[tool].package} (Debian, Ubuntu), or your system's package of ${tool}`
}

export async function isThere(tool: Tool): Promise<boolean> {
  const { program, args } = TOOLS[tool]
  const result = await execa(program, args, { reject: false, timeout: 20_000 })
  return result.exitCode === 0
}

async function whichLack(need: readonly Tool[]): Promise<readonly Tool[]> {
  const there = await Promise.all(need.map(isThere))
  return need.filter((_, i) => there[i] !== true)
}

function mayInstall(): boolean {
  return existsSync('/etc/debian_version') && process.getuid?.() === 0
}

async function install(tools: readonly Tool[]): Promise<void> {
  const env = { DEBIAN_FRONTEND: 'noninteractive' }
  const options = { env, reject: false, timeout: INSTALL_TIMEOUT_MS } as const
  const packages = tools.map((tool) => TOOLS[tool].package)
  const add = () => execa('apt-get', ['install', '-y', '--no-install-recommends', ...packages], options)
  // The lists of a fresh machine are empty: fetch them only when the first try shows that.
  if ((await add()).exitCode === 0) return
  await execa('apt-get', ['update'], options)
  await add()
}

async function main(args: readonly string[]): Promise<number> {
  const need = args.filter((arg): arg is Tool => arg in TOOLS)
  const unknown = args.filter((arg) => !(arg in TOOLS) && arg !== '--strict')
  if (unknown.length > 0) {
    console.error(
      `prepare-machine: unknown tool ${unknown.join(', ')}; known: ${Object.keys(TOOLS).join(', ')}`,
    )
    return 2
  }
  const { installed, missing } = await prepareMachine({ need })
  if (installed.length > 0) console.error(`installed: ${installed.join(', ')}`)
  for (const { tool, mend } of missing)
    console.error(`${tool} is missing; its tests will be skipped. ${mend}`)
  return args.includes('--strict') && missing.length > 0 ? 1 : 0
}

if (process.argv[1] === fileURLToPath(import.meta.url)) process.exitCode = await main(process.argv.slice(2))
