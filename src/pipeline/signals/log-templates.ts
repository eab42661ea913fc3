/**
 * Log templates after Drain (He et al., ICWS 2017): a line's words with everything variable replaced, looked up in a tree
 * of fixed depth (number of words, then the first words), then joined with the most similar template of that leaf.
 */

export interface LogTemplate {
  readonly id: number
  /** Its words; `<*>` stands where lines differ. */
  readonly words: readonly string[]
  readonly count: number
}

export interface LogTemplateSettings {
  /** Share of equal words from which two lines are one template. */
  readonly similarity: number
  readonly depth: number
  /** Words looked at; the rest of a line is payload. */
  readonly maxWords: number
  /** Templates kept in a leaf; a line that fits none of them beyond that joins the nearest. */
  readonly maxLeaf: number
}

export const LOG_TEMPLATE_DEFAULTS: LogTemplateSettings = {
  similarity: 0.6,
  depth: 2,
  maxWords: 16,
  maxLeaf: 64,
}

const WILDCARD = '<*>'
/** Characters looked at before splitting: enough for `maxWords` words of any sensible log. */
const MAX_CHARACTERS = 240
const VARIABLE = /\d/
const SEPARATORS = /[\s,;=:()[\]{}"'|]+/

interface Group {
  readonly id: number
  words: string[]
  count: number
}

export class LogTemplateMiner {
  readonly #settings: LogTemplateSettings
  readonly #leaves = new Map<string, Group[]>()
  readonly #groups: Group[] = []

  constructor(settings: LogTemplateSettings = LOG_TEMPLATE_DEFAULTS) {
    this.#settings = settings
  }

  /** Adds one line and returns the id of its template; ids count up from 0. */
  add(line: string): number {
    const words = maskedWords(line, this.#settings.maxWords)
    const leaf = this.#leaf(words)
    const { group, similarity } = nearest(leaf, words)
    if (group === null || (similarity < this.#settings.similarity && leaf.length < this.#settings.maxLeaf))
      return this.#open(leaf, words)
    group.count += 1
    for (let at = 0; at < words.length; at += 1) if (group.words[at] !== words[at]) group.words[at] = WILDCARD
    return group.id
  }

  template(id: number): LogTemplate | null {
    const group = this.#groups[id]
    return group === undefined ? null : { id, words: group.words, count: group.count }
  }

  get size(): number {
    return this.#groups.length
  }

  #leaf(words: readonly string[]): Group[] {
    const key = `${words.length} ${words.slice(0, this.#settings.depth).join(' ')}`
    const known = this.#leaves.get(key)
    if (known !== undefined) return known
    const made: Group[] = []
    this.#leaves.set(key, made)
    return made
  }

  #open(leaf: Group[], words: string[]): number {
    const group: Group = { id: this.#groups.length, words, count: 1 }
    leaf.push(group)
    this.#groups.push(group)
    return group.id
  }
}

/** The first words of a line; what holds a digit (numbers, ids, times) is variable whatever its value. */
export function maskedWords(line: string, maxWords: number): string[] {
  const words: string[] = []
  for (const word of line.slice(0, MAX_CHARACTERS).split(SEPARATORS)) {
    if (word === '') continue
    const masked = VARIABLE.test(word) || word.length > 48 ? WILDCARD : word
    // A run of variable words has no telling length: it counts once.
    if (masked === WILDCARD && words.at(-1) === WILDCARD) continue
    words.push(masked)
    if (words.length === maxWords) break
  }
  return words
}

function nearest(
  leaf: readonly Group[],
  words: readonly string[],
): { readonly group: Group | null; readonly similarity: number } {
  let best: Group | null = null
  let bestShare = -1
  for (const group of leaf) {
    let equal = 0
    for (let at = 0; at < words.length; at += 1) if (group.words[at] === words[at]) equal += 1
    const share = words.length === 0 ? 1 : equal / words.length
    if (share > bestShare) [best, bestShare] = [group, share]
  }
  return { group: best, similarity: bestShare }
}
