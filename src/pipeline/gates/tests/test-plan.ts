import type { SourceFile } from '../ports.ts'
import type { Runner } from './tally.ts'

/** A run in which the tests of one file are told from the others by their ids. */
export interface Together {
  readonly command: readonly string[]
  readonly isOwn: (id: string) => boolean
}

/** One run of tests in one directory of the checkout. */
export interface TestPlan {
  readonly runner: Runner
  /** Relative to the checkout's root; '' is the root. */
  readonly directory: string
  readonly command: readonly string[]
  readonly environment: Readonly<Record<string, string>>
  /** The command that runs one test file alone; null where the runner knows no such thing. */
  only(file: SourceFile): readonly string[] | null
  /**
   * A run of everything with this file among it, where the runner names its tests so that the file's own are told from
   * the others; null or absent where it does not.
   */
  readonly together?: (file: SourceFile) => Together | null
  /** Tried instead where the tool of the command is not installed. */
  readonly otherwise: TestPlan | null
}

/** The paths of a tree and the text of those that decide how it is tested. */
export interface TreeView {
  readonly files: readonly string[]
  readFile(path: string): Promise<string | null>
}

/** Where the sandbox shows the checkout. */
export const CHECKOUT = '/checkout'

export function parentOf(path: string): string {
  const slash = path.lastIndexOf('/')
  return slash === -1 ? '' : path.slice(0, slash)
}

export function baseName(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1)
}

export function isInside(path: string, directory: string): boolean {
  return directory === '' || path === directory || path.startsWith(`${directory}/`)
}

export function relativeTo(path: string, directory: string): string {
  return directory === '' ? path : path.slice(directory.length + 1)
}

/** The directory and those around it, innermost first, '' last. */
export function ancestors(directory: string): readonly string[] {
  const found = [directory]
  for (let at = directory; at !== '';) {
    at = parentOf(at)
    found.push(at)
  }
  return found
}

export function join(directory: string, name: string): string {
  return directory === '' ? name : `${directory}/${name}`
}

/** One argument of a command for `sh`. */
export function quoted(argument: string): string {
  return `'${argument.replaceAll("'", `'\\''`)}'`
}
