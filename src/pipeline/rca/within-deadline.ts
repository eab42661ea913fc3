/** What the query answers. Rejects as it does, or where it takes longer than `deadlineMs`. */
export async function withinDeadline<T>(query: () => Promise<T>, deadlineMs: number): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer within ${deadlineMs} ms`)), deadlineMs)
  })
  try {
    return await Promise.race([query(), late])
  } finally {
    clearTimeout(timer)
  }
}
