/** Remembers the last `size` ids, to know one that comes again. */
export function recentIds(size: number): { isNew(id: string): boolean } {
  const seen = new Set<string>()
  return {
    isNew(id) {
      if (seen.has(id)) return false
      seen.add(id)
      const oldest = seen.values().next().value
      if (seen.size > size && oldest !== undefined) seen.delete(oldest)
      return true
    },
  }
}
