import type { Finding } from '../contracts.ts'
import { newFindings } from './baseline.ts'
import type { GateContext } from './context.ts'
import { patchedSources } from './context.ts'
import { findDangers } from './find-dangers.ts'
import { findNewHosts } from './find-hosts.ts'
import { findSecrets } from './find-secrets.ts'
import { count, failed, passed, type GateAnswer } from './gate-result.ts'

/** How many files of the base are searched for a host that the patch names. */
const MOST_SEARCHED = 3_000
const COMMIT_MESSAGE = 'commit message'

/** Gate 5: no credential in what the patch adds, no protection taken away, no new place to send data to. */
export async function checkSecurity(context: GateContext): Promise<GateAnswer> {
  const secrets = await addedSecrets(context)
  const dangers = newFindings(
    { findings: findDangers(context.baseTexts, 'any'), texts: context.baseTexts },
    { findings: findDangers(context.patchedTexts, 'any'), texts: context.patchedTexts },
  )
  const findings = [...secrets, ...dangers, ...(await newHosts(context))]
  const tools = [context.deps.secretScanner.name, 'own rules']
  const [first] = findings
  if (first === undefined)
    return passed(
      `nothing found in ${count(addedLines(context), 'added line')} and the commit message`,
      tools,
    )
  const told = `${count(findings.length, 'finding')}: ${first.file ?? ''}:${first.line ?? '?'} ${first.rule} ${first.message}`
  return failed(told, findings, tools)
}

function addedLines({ files }: GateContext): number {
  return files.reduce((sum, { added }) => sum + added.length, 0)
}

/** The whole file is scanned, for a key may go over several lines; what was there before is not the patch's. */
async function addedSecrets(context: GateContext): Promise<readonly Finding[]> {
  const added = new Map(
    context.files.map(({ path, added: lines }) => [path, new Set(lines.map(({ line }) => line))]),
  )
  const message = { path: COMMIT_MESSAGE, text: context.commitMessage }
  const found = await Promise.all(
    [...patchedSources(context), message].map(async (file) => [
      ...findSecrets(file),
      ...(await context.deps.secretScanner.scan(file)),
    ]),
  )
  const ofPatch = found
    .flat()
    .filter(
      ({ file, line }) =>
        file === COMMIT_MESSAGE || line === null || added.get(file ?? '')?.has(line) === true,
    )
  return oneForEachLine(ofPatch)
}

function oneForEachLine(findings: readonly Finding[]): readonly Finding[] {
  const seen = new Set<string>()
  return findings.filter(({ file, line }) => {
    const key = `${file}:${line}`
    return seen.has(key) ? false : seen.add(key)
  })
}

async function newHosts(context: GateContext): Promise<readonly Finding[]> {
  const allowed = new Set(context.deps.settings.security.allowedHosts.map((host) => host.toLowerCase()))
  const suspects = findNewHosts(context.files, (host) => allowed.has(host))
  if (suspects.length === 0) return []
  const known = await baseText(context)
  return findNewHosts(context.files, (host) => allowed.has(host) || known.some((text) => text.includes(host)))
}

/** Read only where a patch names a host at all. */
async function baseText({ base }: GateContext): Promise<readonly string[]> {
  const texts = await Promise.all(base.files.slice(0, MOST_SEARCHED).map((path) => base.readFile(path)))
  return texts.flatMap((text) => (text === null ? [] : [text.toLowerCase()]))
}
