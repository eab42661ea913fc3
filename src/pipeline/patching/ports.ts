/** Writes commits without a work tree, so that nothing else in the clone moves. */
export interface PatchRepository {
  readonly directory: string
  readFile(commit: string, path: string): Promise<string | null>
  /**
   * Commits whole-file contents on top of `base` and points `branch` at the commit. The same call made again gives the
   * same commit. Throws CcpError `conflict` if the branch stands elsewhere already.
   */
  commitFiles(change: {
    readonly base: string
    readonly branch: string
    readonly files: readonly { readonly path: string; readonly content: string | null }[]
    readonly message: string
    readonly atMs: number
  }): Promise<string>
  /** File contents after reverting `commit` on top of `base`; null content means deleted. Throws `conflict` where it does not apply. */
  revertedFiles(
    base: string,
    commit: string,
  ): Promise<readonly { readonly path: string; readonly content: string | null }[]>
  /** File contents by which `base` becomes the tree of `target`. */
  filesTurning(
    base: string,
    target: string,
  ): Promise<readonly { readonly path: string; readonly content: string | null }[]>
  diff(base: string, commit: string): Promise<string>
}
