const FENCE = '```'

/** The unified diff in a model's answer, with or without a fence around it; null where there is none. */
export function extractDiff(answer: string): string | null {
  const lines = answer.replace(/\r\n/g, '\n').split('\n')
  const first = lines.findIndex((line, index) => startsDiff(line, lines[index + 1]))
  if (first === -1) return null
  const rest = lines.slice(first)
  const fence = rest.findIndex((line) => line.startsWith(FENCE))
  const diff = fence === -1 ? rest : rest.slice(0, fence)
  while (diff.length > 0 && diff.at(-1)?.trim() === '') diff.pop()
  return diff.some((line) => line.startsWith('@@')) ? `${diff.join('\n')}\n` : null
}

function startsDiff(line: string, next: string | undefined): boolean {
  return line.startsWith('diff --git ') || (line.startsWith('--- ') && next?.startsWith('+++ ') === true)
}
