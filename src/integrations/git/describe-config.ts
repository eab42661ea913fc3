import { configRepositoryOf, type ServiceDefinition } from '../../pipeline/services.ts'
import { describeSettingChange, settingChanges } from '../../pipeline/signals/setting-changes.ts'
import type { ClonedRepositories } from './clones.ts'
import { GitSourceRepository } from './source-repository.ts'

/** Named one by one; who wants more reads the diff. */
const MOST_NAMED = 4

/**
 * In words, which settings differ between two commits of a service's configuration. Empty where it has none, the repository
 * cannot be read, or a commit is not there (yet): who asks has the commits.
 */
export function configDescriber(services: readonly ServiceDefinition[], clones: ClonedRepositories) {
  return async (change: {
    readonly service: string
    readonly from: string | null
    readonly to: string
  }): Promise<string> => {
    const service = services.find(({ name }) => name === change.service)
    const source = service === undefined ? null : configRepositoryOf(service)
    if (service?.config === undefined || source === null) return ''
    const { path } = service.config
    const texts = await textsOf(source, [change.from, change.to], path, clones).catch(() => null)
    if (texts === null) return ''
    const changes = settingChanges(path, texts[0] ?? '', texts[1] ?? '')
    const named = changes.slice(0, MOST_NAMED).map(describeSettingChange)
    const more = changes.length - named.length
    return [...named, ...(more > 0 ? [`${more} more`] : [])].join('; ')
  }
}

async function textsOf(
  source: Parameters<ClonedRepositories['open']>[0],
  commits: readonly (string | null)[],
  path: string,
  clones: ClonedRepositories,
): Promise<readonly (string | null)[]> {
  const repository = new GitSourceRepository((await clones.open(source)).directory)
  return Promise.all(commits.map((commit) => (commit === null ? null : repository.readFile(commit, path))))
}
