const SCHEME =
  /^(?:file:\/\/|webpack(?:-internal)?:\/\/\/?|app:\/\/\/?|https?:\/\/[^/]{1,300}|ng:\/\/\/?|turbopack:\/\/\/?)/i

/**
 * The path of a frame as segments: URL schemes, hosts, queries, drive letters and `.`/`..` removed.
 * `webpack://shop/./src/a.ts?1f2e` gives `shop`, `src`, `a.ts`.
 */
export function pathSegments(file: string): readonly string[] {
  const scheme = SCHEME.exec(file)?.[0] ?? ''
  const rest = file.slice(scheme.length)
  const path = scheme === '' ? rest : decoded(rest.replace(/[?#].*$/, ''))
  const kept: string[] = []
  for (const part of path.replace(/^[A-Za-z]:(?=[\\/])/, '').split(/[\\/]+/)) {
    if (part === '..') kept.pop()
    else if (part !== '' && part !== '.') kept.push(part)
  }
  return kept
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text // A stray "%": the path is meant as it stands.
  }
}

/** The path without the code root it lies under (the longest one); null where it lies under none. */
export function underCodeRoot(file: string, codeRoots: readonly string[]): string | null {
  const path = pathSegments(file)
  const roots = codeRoots.map(pathSegments).toSorted((a, b) => b.length - a.length)
  const root = roots.find((each) => each.length < path.length && each.every((part, at) => path[at] === part))
  return root === undefined ? null : path.slice(root.length).join('/')
}
