import { describeSettingChange, settingChanges } from '../signals/setting-changes.ts'
import { rankSettingChanges, type RankedChange } from './rank-setting-changes.ts'
import { LOCALIZATION_SETTINGS } from './settings.ts'
import { snippetAt } from './snippet.ts'
import { redactConfigLines } from '../signals/redact-secrets.ts'
import type { CommitSummary, Diagnosis, Location, StageOutcome } from '../contracts.ts'
import type { ServiceDefinition } from '../services.ts'
import type { SettingChange } from '../signals/setting-changes.ts'
import type { SourceRepository } from './ports.ts'
import type { LocalizationSettings } from './settings.ts'
import type { Suspect } from './suspect-commit.ts'

export interface LocalizeConfigDeps {
  readonly service: Pick<ServiceDefinition, 'name' | 'language'>
  /** The service's file in the repository of its configuration. */
  readonly path: string
  readonly repository: SourceRepository
  /** The commit of the configuration in production. */
  readonly deployedCommit: string
  /** The one before; null where that is not known. */
  readonly previousCommit: string | null
  /** Where the exception surfaced in the code; null where there is none. */
  readonly surfaced: Location | null
  readonly settings?: LocalizationSettings
}

/**
 * Where a change of configuration is blamed: the setting that it broke, with file, line and key, and the commit that did.
 * An exception in the code, which did not change, only helps to tell which of several settings it was. Gives up where it
 * is not known what ran before, or no setting differs.
 */
export async function localizeConfig(
  diagnosis: Diagnosis,
  deps: LocalizeConfigDeps,
): Promise<StageOutcome<Location>> {
  const { path, repository, deployedCommit, previousCommit, service } = deps
  if (previousCommit === null)
    return gaveUp(`which configuration of ${service.name} ran before is not known, so no change can be told`)
  const [before, after] = await Promise.all(
    [previousCommit, deployedCommit].map((commit) => repository.readFile(commit, path)),
  )
  if (after === undefined || after === null)
    return gaveUp(
      `the configuration of ${service.name} at ${deployedCommit.slice(0, 12)} has no file ${path}`,
    )
  const ranked = rankSettingChanges(settingChanges(path, before ?? '', after), diagnosis)
  const [first] = ranked
  if (first === undefined)
    return gaveUp(
      `no setting in ${path} differs between ${previousCommit.slice(0, 12)} and ${deployedCommit.slice(0, 12)}`,
    )
  const commit = await commitBehind(first.change, before ?? '', previousCommit, deps)
  return { kind: 'done', value: await toLocation({ diagnosis, deps, after, ranked, first, commit }) }
}

function gaveUp(reason: string): StageOutcome<Location> {
  return { kind: 'gaveUp', reason }
}

/** The commit since then by which the setting last became other than it was; null where history does not lead there. */
async function commitBehind(
  { key }: SettingChange,
  before: string,
  since: string,
  { repository, deployedCommit: until, path, settings }: LocalizeConfigDeps,
): Promise<CommitSummary | null> {
  const { maxCommits: limit } = settings ?? LOCALIZATION_SETTINGS
  const commits = await repository.commitsTouching({ until, since, paths: [path], limit })
  const texts = await Promise.all(commits.map(({ commit }) => repository.readFile(commit, path)))
  // Newest first: the first that differs from the one before it is the last that changed the setting.
  const found = commits.findIndex((_, at) =>
    settingChanges(path, texts[at + 1] ?? before, texts[at] ?? '').some((change) => change.key === key),
  )
  const behind = commits[found]
  if (behind === undefined) return null
  return { commit: behind.commit, author: behind.author, atMs: behind.atMs, subject: behind.subject }
}

async function toLocation(found: {
  readonly diagnosis: Diagnosis
  readonly deps: LocalizeConfigDeps
  readonly after: string
  readonly ranked: readonly RankedChange[]
  readonly first: RankedChange
  readonly commit: CommitSummary | null
}): Promise<Location> {
  const { diagnosis, deps, first, commit } = found
  const { repository, deployedCommit, path, service, surfaced } = deps
  const { snippetRadius } = deps.settings ?? LOCALIZATION_SETTINGS
  const { stackTrace: trace, fault } = diagnosis
  const { key, line } = first.change
  return {
    incidentId: diagnosis.incidentId,
    service: service.name,
    repository: repository.directory,
    baseCommit: deployedCommit,
    language: service.language,
    file: path,
    line,
    symbol: key,
    snippet: snippetAt(redactConfigLines(linesOf(found.after)), line, snippetRadius),
    exception: trace === null ? null : { type: trace.type, message: trace.message },
    ...(fault === undefined ? {} : { fault }),
    config: { change: describeSettingChange(first.change), surfaced },
    frames: [],
    blame: await repository.blame(deployedCommit, path, line),
    suspectCommit: commit === null ? null : suspectOf(commit, first),
    failingInput: diagnosis.failingInput,
    doubts: doubtsOf(found),
  }
}

function linesOf(text: string): readonly string[] {
  return text.replace(/\n$/, '').split('\n')
}

function suspectOf(commit: CommitSummary, { change, why }: RankedChange): Suspect {
  const did = change.after === null ? 'removed' : change.before === null ? 'added' : 'changed'
  return { ...commit, because: `it ${did} ${change.key}${why === null ? '' : `, ${why}`}` }
}

/** What else the change of configuration set, and whether anything singles this setting out. */
function doubtsOf({
  ranked,
  first,
  commit,
}: {
  readonly ranked: readonly RankedChange[]
  readonly first: RankedChange
  readonly commit: CommitSummary | null
}): readonly string[] {
  const others = ranked.slice(1).map(({ change }) => describeSettingChange(change))
  const more = others.length > 4 ? `; ${others.length - 4} more` : ''
  const listed = `${others.slice(0, 4).join('; ')}${more}`
  const alike = ranked[1]?.points === first.points
  return [
    ...(others.length === 0
      ? []
      : [
          alike
            ? `nothing singles it out among what the configuration changed besides: ${listed}`
            : `the configuration changed besides: ${listed}`,
        ]),
    ...(commit === null ? ['no commit between the two configurations changed the setting'] : []),
  ]
}
