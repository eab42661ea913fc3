/** Linear interpolation between the closest ranks of an ascending array. */
export function quantile(sorted: ArrayLike<number>, q: number): number {
  const position = q * (sorted.length - 1)
  const low = Math.floor(position)
  const at = sorted[low] ?? Number.NaN
  return at + ((sorted[low + 1] ?? at) - at) * (position - low)
}
