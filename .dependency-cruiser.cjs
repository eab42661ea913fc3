/** The dependency rules of docs/architecture.md; each message says how to mend a breach. */
const stages = 'detection|rca|localization|planning|patching|gates|deployment|verification|concurrency|audit'
const interpreter = 'run|execute|execute-rollout|execute-link|execute-notice'

module.exports = {
  forbidden: [
    {
      name: 'no-cycles',
      comment: 'Two files need each other: move what both need into a third, or into contracts.ts.',
      severity: 'error',
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
    {
      name: 'pipeline-is-pure',
      comment:
        'The pipeline knows no adapter, bot or config: define a port in the stage and let main.ts pass the adapter in.',
      severity: 'error',
      from: { path: '^src/pipeline/' },
      to: { path: '^src/(bot|integrations|config|commands|main)' },
    },
    {
      name: 'pipeline-does-no-io',
      comment: 'No I/O in the pipeline: put it behind a port in an adapter under src/integrations/.',
      severity: 'error',
      from: { path: '^src/pipeline/' },
      to: { dependencyTypes: ['core'], pathNot: '^(node:)?(crypto|path|path/posix|module|util)$' },
    },
    {
      name: 'pipeline-uses-pure-packages',
      comment: 'Only pure packages in the pipeline; if this one is, name it here with the reason.',
      severity: 'error',
      from: { path: '^src/pipeline/' },
      to: {
        dependencyTypes: ['npm', 'npm-dev', 'npm-no-pkg', 'npm-unknown'],
        // Parsers, arithmetic, graphs, canonical JSON, diffs, policies: no I/O in any of them.
        pathNot:
          'node_modules/(zod|yaml|jstat|graphology|canonicalize|diff|picomatch|@ast-grep/|oxc-parser|@oxc-parser|@astral-sh/ruff-wasm|@marcbachmann/cel-js)',
      },
    },
    {
      name: 'stages-do-not-import-each-other',
      comment:
        'Stages meet in contracts.ts: pass the value through execute.ts, or move a pure parser to signals/.',
      severity: 'error',
      from: { path: `^src/pipeline/(${stages})/` },
      to: { path: `^src/pipeline/(${stages})/`, pathNot: '^src/pipeline/$1/' },
    },
    {
      name: 'only-the-interpreter-calls-stages',
      comment: 'Only run.ts and execute.ts call stages; settings and ports (types) may be named elsewhere.',
      severity: 'error',
      from: { path: '^src/pipeline/[^/]+\\.ts$', pathNot: `^src/pipeline/(${interpreter})\\.ts$` },
      to: { path: `^src/pipeline/(${stages})/`, dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'adapters-know-ports-only',
      comment: 'An adapter knows ports, contracts, settings, signals and errors: move the rest to the stage.',
      severity: 'error',
      from: { path: '^src/integrations/', pathNot: '^src/integrations/sqlite/' },
      to: {
        path: '^src/pipeline/',
        pathNot: `(/ports|/settings|/contracts|/errors|/services)\\.ts$|^src/pipeline/signals/`,
      },
    },
    {
      name: 'adapters-do-not-know-each-other',
      comment: 'Two adapters meet in main.ts; what both need is a port or belongs to one of them.',
      severity: 'error',
      from: { path: '^src/integrations/([^/]+)/' },
      to: { path: '^src/integrations/', pathNot: ['^src/integrations/$1/', '^src/integrations/http/'] },
    },
    {
      name: 'bot-sees-no-stage-and-no-adapter',
      comment:
        'The bot sees contracts, machine, commands, access, ports and errors: pass the rest in through BotDeps.',
      severity: 'error',
      from: { path: '^src/bot/' },
      to: { path: `^src/(integrations|config|commands|main)|^src/pipeline/(${stages})/` },
    },
    {
      name: 'views-are-pure',
      comment: 'A view is a function from state to blocks: give it the state, take the Slack call out.',
      severity: 'error',
      from: { path: '^src/bot/views/' },
      to: { pathNot: '^src/bot/(views/|ids)|^src/pipeline/|^node_modules/@slack/types' },
    },
    {
      name: 'the-product-does-not-know-its-demo',
      comment: 'demo/, test/ and bench/ may import src/, never the reverse.',
      severity: 'error',
      from: { path: '^src/' },
      to: { path: '^(demo|test|bench|scripts)/' },
    },
    {
      name: 'config-knows-settings-only',
      comment: 'The loader knows settings types and contracts of the pipeline, nothing that runs.',
      severity: 'error',
      from: { path: '^src/config/' },
      to: { path: '^src/(bot|integrations|commands|main)' },
    },
    {
      name: 'dependencies-are-declared',
      comment: 'Add the package to dependencies in package.json (not devDependencies), or do without.',
      severity: 'error',
      from: { path: '^src/' },
      to: {
        dependencyTypes: ['npm-dev', 'npm-no-pkg', 'npm-unknown', 'unknown'],
        dependencyTypesNot: ['type-only'],
      },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '^demo/shop/history' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: {
      extensions: ['.ts', '.js', '.json'],
      conditionNames: ['import', 'node', 'default'],
      exportsFields: ['exports'],
    },
  },
}
