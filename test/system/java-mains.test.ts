import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { loadSettings } from '../../src/config/load.ts'
import { BubblewrapSandbox } from '../../src/integrations/sandbox/bubblewrap.ts'
import { runMains } from '../../src/pipeline/gates/tests/java-mains.ts'
import { readTally } from '../../src/pipeline/gates/tests/read-tally.ts'
import { describeWith } from '../support/needs.ts'

const { limits } = loadSettings(['gates'], {}).gates
const sandbox = new BubblewrapSandbox()

let scratch: string
beforeAll(() => {
  scratch = mkdtempSync(join(tmpdir(), 'ccp-mains-'))
})
afterAll(() => {
  rmSync(scratch, { recursive: true, force: true })
})

const CLASSES = {
  Passes: 'System.out.print("no end of line");',
  Throws: 'throw new IllegalStateException("wrong");',
  Asserts: 'assert Shared.count > 0 : "assertions are on";',
  CountsFromZero:
    'if (Shared.count++ != 0) throw new AssertionError("what another test did is still there");',
  CountsFromZeroToo:
    'if (Shared.count++ != 0) throw new AssertionError("what another test did is still there");',
  ExitsBadly: 'System.exit(3);',
  ExitsWell: 'System.exit(0);',
  FailsInTheEnd:
    'Thread late = new Thread(() -> { while (Thread.getAllStackTraces().keySet().stream().anyMatch(t -> t.getName().equals("main") && t.getThreadGroup().getName().equals("FailsInTheEnd"))) Thread.onSpinWait(); Runtime.getRuntime().halt(1); }); late.start();',
  FailsAtTheExit:
    'Runtime.getRuntime().addShutdownHook(new Thread(() -> Runtime.getRuntime().halt(1))); System.out.println("so far so good");',
  LeavesProperties:
    'System.setProperty("user.language", "xx"); java.util.Locale.setDefault(java.util.Locale.JAPAN);',
  WantsProperties:
    'if (System.getProperty("user.language").equals("xx") || java.util.Locale.getDefault().equals(java.util.Locale.JAPAN)) throw new AssertionError("left behind");',
  WritesToNobody: 'System.setOut(null); System.setErr(null);',
} as const
type Name = keyof typeof CLASSES

/** The tests that passed and that failed of those that ran. */
async function ran(names: readonly Name[], options: { alone?: Name; isModular?: boolean } = {}) {
  const directory = mkdtempSync(join(scratch, 'checkout-'))
  const files = {
    'test/p/Shared.java': 'package p;\nclass Shared { static int count; }\n',
    ...Object.fromEntries(
      Object.entries(CLASSES).map(([name, body]) => [
        `test/p/${name}.java`,
        `package p;\nclass ${name} { public static void main(String[] args) { ${body} } }\n`,
      ]),
    ),
    ...(options.isModular === true ? { 'test/module-info.java': 'module p {}\n' } : {}),
  }
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(directory, path)), { recursive: true })
    writeFileSync(join(directory, path), text)
  }
  const alone = options.alone === undefined ? null : `p.${options.alone}`
  const command = runMains(
    names.map((name) => `p.${name}`),
    { alone, isModular: options.isModular ?? false },
  )
  const run = await sandbox.run({ directory, workingDirectory: '', command, environment: {}, limits })
  if (run.kind !== 'exited') throw new Error(JSON.stringify(run))
  const tally = readTally('java-main', run.stdout, run.stderr)
  const failed = tally.failures.map(({ id }) => id.replace('p.', ''))
  const passed = [...(tally.ran ?? [])].map((id) => id.replace('p.', '')).filter((id) => !failed.includes(id))
  return { passed, failed, exitCode: run.exitCode }
}

describeWith(['bubblewrap', 'java'], 'tests of Java that are programs', () => {
  test('are told one by one, whatever they print, and fail together if one does', async () => {
    expect(await ran(['Passes', 'Throws', 'WritesToNobody', 'ExitsWell'])).toEqual({
      passed: ['Passes', 'WritesToNobody', 'ExitsWell'],
      failed: ['Throws'],
      exitCode: 1,
    })
  })

  test('see nothing of what those before them left behind', async () => {
    const names = ['CountsFromZero', 'CountsFromZeroToo', 'LeavesProperties', 'WantsProperties'] as const
    expect(await ran(names)).toEqual({ passed: names, failed: [], exitCode: 0 })
  })

  test('have their verdict though one ends the process', async () => {
    expect(await ran(['ExitsBadly', 'Passes', 'Asserts'])).toEqual({
      passed: ['Passes'],
      failed: ['ExitsBadly', 'Asserts'],
      exitCode: 1,
    })
  })

  test('are not over before their last thread is', async () => {
    expect(await ran(['FailsInTheEnd', 'Passes'])).toMatchObject({
      passed: ['Passes'],
      failed: ['FailsInTheEnd'],
    })
  })

  test('do not pass before what they left for the exit has been run', async () => {
    expect(await ran(['Passes', 'FailsAtTheExit', 'CountsFromZero'])).toEqual({
      passed: ['Passes', 'CountsFromZero'],
      failed: ['FailsAtTheExit'],
      exitCode: 1,
    })
  })

  test('may have one among them that runs beside them, and may be in a module', async () => {
    expect(await ran(['Passes'], { alone: 'Throws' })).toMatchObject({
      passed: ['Passes'],
      failed: ['Throws'],
    })
    expect(await ran(['Throws', 'Passes'], { alone: 'ExitsWell', isModular: true })).toMatchObject({
      passed: ['Passes', 'ExitsWell'],
      failed: ['Throws'],
    })
  })
})
