const FAILURES =
  /\b(?:5xx|(?:http|status|code)[ :=]{1,2}5\d\d|errors?|exceptions?|fail(?:s|ed|ing|ures?)?|unavailab\w+|availability|success)\b/i
const SLOWNESS = /\b(?:slow\w*|latency|response times?|takes? longer|p(?:50|90|95|99))\b/i

/** What an alert is about by the words of its title; null where they speak of neither, or of both. */
export function alertSubject(title: string): 'failures' | 'slowness' | null {
  const [fails, slow] = [FAILURES.test(title), SLOWNESS.test(title)]
  if (fails === slow) return null
  return fails ? 'failures' : 'slowness'
}
