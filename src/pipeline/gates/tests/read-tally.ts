import { readGoTest, readJavaMain, readJunit } from './compiled-tallies.ts'
import { readNodeTest, readText } from './javascript-tallies.ts'
import { readPytest, readUnittest } from './python-tallies.ts'
import type { Runner, Tally } from './tally.ts'

const COLOURS = /\u001b\[[0-9;]*[A-Za-z]/g

/** The count of tests in a runner's output. Text that a runner never wrote counts as no test at all. */
export function readTally(runner: Runner, stdout: string, stderr: string): Tally {
  const [out, err] = [stdout.replace(COLOURS, ''), stderr.replace(COLOURS, '')]
  switch (runner) {
    case 'unittest':
      return readUnittest(err.includes('Ran ') ? err : `${out}\n${err}`)
    case 'pytest':
      return readPytest(out)
    case 'node-test':
      return readNodeTest(out)
    case 'go-test':
      return readGoTest(out)
    case 'junit':
      return readJunit(out)
    case 'java-main':
      return readJavaMain(out)
    case 'text':
      return readText(`${out}\n${err}`)
  }
}
