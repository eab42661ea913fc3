import { defineConfig } from 'vitest/config'

/** `unit` is what `npm run check` runs; `system` needs processes, ports, a sandbox or a browser. */
export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: 'unit',
          include: ['test/**/*.test.ts'],
          exclude: ['test/e2e/**', 'test/browser/**', 'test/faults/**', 'test/system/**'],
          testTimeout: 15_000,
        },
      },
      {
        test: {
          name: 'system',
          include: ['test/{e2e,browser,faults,system}/**/*.test.ts'],
          testTimeout: 180_000,
          hookTimeout: 180_000,
          fileParallelism: false,
        },
      },
    ],
  },
})
