import { isTestPath } from './locate-frames.ts'
import type { FrameInRepository, FramePlace } from './locate-frames.ts'

export interface ChosenFrame extends FrameInRepository {
  readonly place: FramePlace
  /** Why it is not the innermost frame, where it is not. */
  readonly doubts: readonly string[]
}

const ASSERTING =
  /^_{0,2}(?:assert|ensure|require|check|must|expect|invariant|verify|validate|guard|fail|raise|throw|reject|abort|die)(?=[A-Z_]|$)/
const SHARED_FILE =
  /(?:^|\/)(?:utils?|helpers?|common|shared|assert(?:ions?)?|validat(?:e|ion|ors?)|preconditions?|invariants?|guards?|checks?)(?:\/|\.\w+$|_[^/]*$)/i
const THROWS = /(?:^|[\s;{(])(?:raise|throw|panic|assert)\b/

/**
 * The frame at fault: the innermost one of the repository. Where that is a helper called from everywhere, the caller is taken
 * instead if the release changed the caller and not the helper, or if the helper only threw what it was made to throw.
 * Null where no frame is of the repository. `changed` are the files the release touched, null where that is not known.
 */
export function chooseFrame(
  frames: readonly FrameInRepository[],
  changed: ReadonlySet<string> | null,
): ChosenFrame | null {
  const located = frames.filter(hasPlace)
  const reliable = firstNonEmpty([
    located.filter((each) => each.place.fit !== 'lost' && !isTestPath(each.place.path)),
    located.filter((each) => each.place.fit !== 'lost'),
    located,
  ])
  const [innermost, ...callers] = reliable
  if (innermost === undefined) return null
  const caller = isHelper(innermost.place) ? callers.find((each) => !isHelper(each.place)) : undefined
  const why = caller === undefined ? null : reasonForCaller(innermost.place, caller.place, changed)
  if (caller === undefined || why === null) return { ...innermost, doubts: [] }
  const { path, line } = innermost.place
  return {
    ...caller,
    doubts: [`the exception was thrown in ${nameOf(innermost.place)} (${path}:${line}), ${why}`],
  }
}

function hasPlace(each: FrameInRepository): each is FrameInRepository & { readonly place: FramePlace } {
  return each.place !== null
}

function firstNonEmpty<T>(lists: readonly (readonly T[])[]): readonly T[] {
  return lists.find((list) => list.length > 0) ?? []
}

function isHelper(place: FramePlace): boolean {
  return ASSERTING.test(place.definition?.name ?? '') || SHARED_FILE.test(place.path)
}

function reasonForCaller(
  helper: FramePlace,
  caller: FramePlace,
  changed: ReadonlySet<string> | null,
): string | null {
  const helperChanged = changed?.has(helper.path) ?? false
  if (helperChanged) return null
  if (changed?.has(caller.path) === true)
    return `a helper that this release did not change; its caller ${nameOf(caller)} did change`
  const threw = THROWS.test(helper.lines[helper.line - 1] ?? '')
  const asserting = ASSERTING.test(helper.definition?.name ?? '')
  return threw && asserting ? `which only checks what ${nameOf(caller)} hands to it` : null
}

function nameOf(place: FramePlace): string {
  return place.definition?.qualifiedName ?? place.path
}
