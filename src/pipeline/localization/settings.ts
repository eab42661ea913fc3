/** How far the search goes; the numbers bound its time, not its outcome on repositories of usual shape. */
export interface LocalizationSettings {
  /** Lines of code shown before and after the marked one. */
  readonly snippetRadius: number
  /** Frames that are looked up in the repository, innermost first. */
  readonly maxFrames: number
  /** Frames whose functions are asked for their history. */
  readonly maxFramesWithHistory: number
  /** Commits considered as suspects, newest first. */
  readonly maxCommits: number
  /** Files of a release that are searched where no trace names the line; those with most new lines first. */
  readonly maxChangedFiles: number
}

export const LOCALIZATION_SETTINGS: LocalizationSettings = {
  snippetRadius: 5,
  maxFrames: 60,
  maxFramesWithHistory: 4,
  maxCommits: 100,
  maxChangedFiles: 200,
}
