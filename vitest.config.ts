import { defineConfig } from 'vitest/config'

/**
 * `unit` is what `npm run check` runs; `system` needs processes, ports, a sandbox or a browser; `services` needs servers that are
 * fetched first (`npm run test:services`).
 */
export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: 'unit',
          include: ['test/**/*.test.ts'],
          exclude: ['test/e2e/**', 'test/browser/**', 'test/faults/**', 'test/system/**', 'test/services/**'],
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
      {
        test: {
          name: 'services',
          include: ['test/services/**/*.test.ts'],
          testTimeout: 60_000,
          hookTimeout: 60_000,
          fileParallelism: false,
        },
      },
    ],
  },
})
