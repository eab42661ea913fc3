import { longestSuffix } from './file-index.ts'
import { pathSegments, underCodeRoot } from './frame-path.ts'
import type { Language, StackFrame } from '../signals/stack-trace.ts'
import type { FileIndex, SuffixMatch } from './file-index.ts'

/** The files a frame may mean; more than one where its path does not tell them apart. */
export interface FileMatch {
  readonly paths: readonly string[]
  /** The frame names a file compiled from this one, so its line numbers are those of another text. */
  readonly compiled: boolean
  /** Only the file's name fits, not the directory it lies in. */
  readonly byNameOnly: boolean
}

/** What tells where the code runs and how its packages are named. */
export interface Layout {
  readonly codeRoots: readonly string[]
  /** Go: the directory of each go.mod (`""` for the root) and the module path it declares. */
  readonly goModules: readonly { readonly directory: string; readonly module: string }[]
}

const SOURCES_OF: Readonly<Record<string, readonly string[]>> = {
  js: ['ts', 'tsx', 'jsx'],
  mjs: ['mts', 'ts'],
  cjs: ['cts', 'ts'],
  jsx: ['tsx'],
  pyc: ['py'],
}
const INSTALLED = /[\\/](?:site|dist)-packages[\\/]/
const THIRD_PARTY = /(?:^|[\\/])node_modules[\\/]|^node:|^<|^(?:native|Native Method|Unknown Source)$/

/** The file or files of the repository in which a frame lies; null for a frame that is not of this repository. Pure. */
export function matchFile(
  frame: StackFrame,
  language: Language,
  index: FileIndex,
  layout: Layout,
): FileMatch | null {
  if (language === 'java') return matchClass(frame, index)
  if (language === 'go') return matchPackage(frame, index, layout) ?? matchPath(frame, index, layout)
  return THIRD_PARTY.test(frame.file) ? null : matchPath(frame, index, layout)
}

function matchPath(frame: StackFrame, index: FileIndex, layout: Layout): FileMatch | null {
  const rooted = underCodeRoot(frame.file, layout.codeRoots)
  if (rooted !== null && index.paths.has(rooted)) return exact(rooted)
  const segments = pathSegments(frame.file)
  if (!frame.application) return matchInstalled(frame, index)
  const match = longestSuffix(index, segments)
  return match === null ? matchCompiled(segments, index) : toMatch(match, segments, false)
}

/** The application itself may be installed as a package: then all that follows `site-packages` must fit. */
function matchInstalled(frame: StackFrame, index: FileIndex): FileMatch | null {
  const inside = frame.file.split(INSTALLED).at(-1)
  if (inside === undefined || inside === frame.file) return null
  const segments = pathSegments(inside)
  const match = longestSuffix(index, segments)
  const fits = match !== null && segments.length >= 2 && match.shared === segments.length
  return fits ? toMatch(match, segments, false) : null
}

/** `dist/orders/total.js` was `src/orders/total.ts`. */
function matchCompiled(segments: readonly string[], index: FileIndex): FileMatch | null {
  const name = segments.at(-1) ?? ''
  const dot = name.lastIndexOf('.')
  for (const extension of SOURCES_OF[name.slice(dot + 1)] ?? []) {
    const source = [...segments.slice(0, -1), `${name.slice(0, dot)}.${extension}`]
    const match = longestSuffix(index, source)
    if (match !== null) return toMatch(match, source, true)
  }
  return null
}

function toMatch(match: SuffixMatch, segments: readonly string[], compiled: boolean): FileMatch {
  return {
    paths: match.paths,
    compiled,
    byNameOnly: match.shared === 1 && segments.length > 1 && !isAtRoot(match),
  }
}

/** A file in the repository's root has no directory that could fit. */
function isAtRoot(match: SuffixMatch): boolean {
  return match.paths.length === 1 && !(match.paths[0] ?? '').includes('/')
}

function exact(path: string): FileMatch {
  return { paths: [path], compiled: false, byNameOnly: false }
}

/** `com.shop.Pay$Line` in `Pay.java` lies in a file that ends in `com/shop/Pay.java`, whatever source root it has. */
function matchClass(frame: StackFrame, index: FileIndex): FileMatch | null {
  if (frame.module === null || !/\.\w+$/.test(frame.file)) return null
  const directories = frame.module.split('.').slice(0, -1)
  const match = longestSuffix(index, [...directories, frame.file])
  if (match === null) return null
  if (match.shared === directories.length + 1) return toMatch(match, [], false)
  // Kotlin leaves out the common part of the package; a library's class must not be taken for one of ours.
  const enough = frame.application && match.paths.length === 1
  return enough ? { paths: match.paths, compiled: false, byNameOnly: match.shared === 1 } : null
}

/** `github.com/org/shop/payment` with a go.mod that declares `github.com/org/shop` lies in `payment/`. */
function matchPackage(frame: StackFrame, index: FileIndex, layout: Layout): FileMatch | null {
  const file = frame.file.replace(/@v\d[^/]*/, '')
  const name = file.slice(file.lastIndexOf('/') + 1)
  for (const { directory, module } of layout.goModules) {
    for (const packagePath of [frame.module, file.slice(0, Math.max(0, file.lastIndexOf('/')))]) {
      if (packagePath === null || (packagePath !== module && !packagePath.startsWith(`${module}/`))) continue
      const inside = packagePath.slice(module.length + 1)
      const path = [directory, inside, name].filter((part) => part !== '').join('/')
      if (index.paths.has(path)) return exact(path)
    }
  }
  return null
}
