import { Linter } from 'eslint'
import security from 'eslint-plugin-security'
import tseslint from 'typescript-eslint'
import type { RawFinding, SourceFile } from '../../../pipeline/gates/ports.ts'
import { KNOWN_GLOBALS } from './known-globals.ts'
import type { WorkerAnswer } from './protocol.ts'

type Mode = 'eslint' | 'eslint-security'

/** Rules about faults, not about style; the repository's own configuration is code and is never loaded. */
const FAULTS = [
  ...['constructor-super', 'for-direction', 'getter-return', 'no-async-promise-executor', 'no-class-assign'],
  ...['no-compare-neg-zero', 'no-cond-assign', 'no-const-assign', 'no-constant-binary-expression'],
  ...[
    'no-debugger',
    'no-delete-var',
    'no-dupe-args',
    'no-dupe-class-members',
    'no-dupe-else-if',
    'no-dupe-keys',
  ],
  ...[
    'no-duplicate-case',
    'no-empty',
    'no-empty-pattern',
    'no-ex-assign',
    'no-func-assign',
    'no-global-assign',
  ],
  ...[
    'no-import-assign',
    'no-invalid-regexp',
    'no-loss-of-precision',
    'no-new-native-nonconstructor',
    'no-obj-calls',
  ],
  ...['no-redeclare', 'no-self-assign', 'no-setter-return', 'no-shadow-restricted-names', 'no-sparse-arrays'],
  ...['no-this-before-super', 'no-undef', 'no-unexpected-multiline', 'no-unreachable', 'no-unsafe-finally'],
  ...['no-unsafe-negation', 'no-unsafe-optional-chaining', 'no-unused-labels', 'no-with', 'require-yield'],
  ...[
    'use-isnan',
    'valid-typeof',
    'no-self-compare',
    'no-template-curly-in-string',
    'no-unmodified-loop-condition',
  ],
]
/** Left to the compiler in TypeScript, which knows about types and overloads. */
const UNTYPED_ONLY = new Set([
  'no-undef',
  'no-redeclare',
  'no-dupe-class-members',
  'getter-return',
  'no-unreachable',
])
const SECURITY = [
  'security/detect-eval-with-expression',
  'security/detect-child-process',
  'security/detect-unsafe-regex',
  'security/detect-bidi-characters',
  'security/detect-new-buffer',
  'security/detect-disable-mustache-escape',
  'security/detect-pseudoRandomBytes',
]
const CODE = ['no-eval', 'no-implied-eval', 'no-new-func', 'no-script-url']
const UNUSED = {
  args: 'none',
  caughtErrors: 'none',
  ignoreRestSiblings: true,
  varsIgnorePattern: '^_',
} as const

/** What eslint says of a comment that we do not let it hear. */
const UNHEARD = /has no effect because you have 'noInlineConfig'/

const linter = new Linter({ configType: 'flat' })

/** Runs eslint with our rules. Comments that switch rules off are not heard: a patch must not excuse itself. */
export function runEslint(mode: Mode, files: readonly SourceFile[]): WorkerAnswer {
  return { findings: files.flatMap((file) => check(mode, file)), version: `eslint ${Linter.version}` }
}

function check(mode: Mode, { path, text }: SourceFile): readonly RawFinding[] {
  const messages = linter.verify(text, configFor(mode, path), { filename: path })
  return messages.flatMap(({ ruleId, message, line, fatal }) => {
    // What does not parse is the syntax gate's matter.
    if (fatal === true) return []
    if (ruleId === null && UNHEARD.test(message)) return []
    if (ruleId === null) throw new Error(`eslint could not check ${path}: ${message}`)
    const severity = mode === 'eslint-security' ? ('critical' as const) : ('error' as const)
    return [{ file: path, line, rule: ruleId, message, severity }]
  })
}

function configFor(mode: Mode, path: string): Linter.Config[] {
  const typed = /\.[cm]?tsx?$/.test(path)
  const rules =
    mode === 'eslint-security'
      ? [...SECURITY, ...CODE]
      : FAULTS.filter((rule) => !typed || !UNTYPED_ONLY.has(rule))
  const enabled: Linter.RulesRecord = Object.fromEntries(rules.map((rule) => [rule, 'error']))
  if (mode === 'eslint') {
    enabled['no-empty'] = ['error', { allowEmptyCatch: false }]
    enabled['eqeqeq'] = ['error', 'always', { null: 'ignore' }]
    enabled[typed ? '@typescript-eslint/no-unused-vars' : 'no-unused-vars'] = ['error', UNUSED]
  }
  return [
    {
      // A pattern for all files would match none but JavaScript: eslint wants the ending named.
      files: [`**/*${/\.[^./]+$/.exec(path)?.[0] ?? ''}`],
      plugins: { security, '@typescript-eslint': tseslint.plugin } as unknown as Linter.Config['plugins'] &
        object,
      linterOptions: { noInlineConfig: true, reportUnusedDisableDirectives: 'off' },
      languageOptions: {
        ...(typed || /\.jsx$/.test(path) ? { parser: tseslint.parser as Linter.Parser } : {}),
        parserOptions: { ecmaFeatures: { jsx: true } },
        ecmaVersion: 'latest',
        sourceType: sourceTypeOf(path),
        globals: KNOWN_GLOBALS,
      },
      rules: enabled,
    },
  ]
}

function sourceTypeOf(path: string): 'module' | 'commonjs' {
  return path.endsWith('.cjs') ? 'commonjs' : 'module'
}
