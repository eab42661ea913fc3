import { open } from 'node:fs/promises'

const CHUNK_BYTES = 256 * 1024
const NEWLINE = 0x0a

/**
 * The whole lines at the end of a file, read backwards in chunks until one begins before `fromMs` or `maxBytes` are read;
 * never the whole file unless that is what is needed. `timeOf` gives a line's epoch milliseconds, or null. A last line
 * without an end is dropped where it is half a JSON object: it is still being written.
 */
export async function readTail(
  path: string,
  { fromMs, maxBytes }: { readonly fromMs: number; readonly maxBytes: number },
  timeOf: (line: string) => number | null,
): Promise<readonly string[]> {
  const file = await open(path, 'r')
  try {
    const { size } = await file.stat()
    const chunks: Buffer[] = []
    let start = size
    while (start > 0 && size - start < maxBytes) {
      const length = Math.min(CHUNK_BYTES, start)
      const chunk = Buffer.alloc(length)
      const { bytesRead } = await file.read(chunk, 0, length, start - length)
      start -= length
      chunks.unshift(chunk.subarray(0, bytesRead))
      if (start > 0 && beginsBefore(chunk, fromMs, timeOf)) break
    }
    return wholeLines(Buffer.concat(chunks), start === 0)
  } finally {
    await file.close()
  }
}

/** Whether the chunk's first whole line that carries a time was written before the window. */
function beginsBefore(chunk: Buffer, fromMs: number, timeOf: (line: string) => number | null): boolean {
  let at = chunk.indexOf(NEWLINE)
  while (at !== -1) {
    const end = chunk.indexOf(NEWLINE, at + 1)
    if (end === -1) return false
    const time = timeOf(chunk.toString('utf8', at + 1, end))
    if (time !== null) return time < fromMs
    at = end
  }
  return false
}

function wholeLines(bytes: Buffer, isWholeFile: boolean): readonly string[] {
  const first = isWholeFile ? 0 : bytes.indexOf(NEWLINE) + 1
  if (!isWholeFile && first === 0) return []
  const lines = bytes.toString('utf8', first).split(/\r?\n/)
  const last = lines.pop() ?? ''
  const isHalfJson = last.startsWith('{') && !last.trimEnd().endsWith('}')
  return last === '' || isHalfJson ? lines : [...lines, last]
}
