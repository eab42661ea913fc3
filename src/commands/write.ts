/** Prints one line of the answer. */
export type Write = (line: string) => void
