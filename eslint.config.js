import tseslint from 'typescript-eslint'

/** The rules that a type-checker and a formatter do not cover. */
export default tseslint.config(
  { ignores: ['node_modules/', '.ccp/', 'demo/shop/history/', 'demo/workspace/page/**/*.js'] },
  ...tseslint.configs.recommended,
  {
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/no-misused-promises': [
        'error',
        { checksVoidReturn: { arguments: false, attributes: false } },
      ],
      '@typescript-eslint/switch-exhaustiveness-check': [
        'error',
        { considerDefaultExhaustiveForUnions: true },
      ],
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      '@typescript-eslint/consistent-type-imports': ['error', { disallowTypeAnnotations: false }],
      'no-empty': ['error', { allowEmptyCatch: false }],
      'max-lines': ['error', { max: 350, skipBlankLines: true, skipComments: true }],
      'max-params': ['error', 5],
      eqeqeq: 'error',
    },
  },
  { files: ['test/**', 'demo/**', 'bench/**'], rules: { 'max-params': 'off', 'max-lines': 'off' } },
  { files: ['*.js', '*.config.ts', '*.cjs'], ...tseslint.configs.disableTypeChecked },
)
