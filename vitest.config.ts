import { availableParallelism } from 'node:os'
import { defineConfig } from 'vitest/config'

/**
 * `unit` is what `npm run check` runs; `system` needs processes, ports or a sandbox. What is `live` plays whole incidents and
 * rollouts, whose measurements another test at the same time would disturb. `services` needs servers that are fetched first
 * (`npm run test:services`).
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
          maxWorkers: Math.max(3, availableParallelism()), // many wait for processes: two cores serve three of them
        },
      },
      {
        test: {
          name: 'system',
          include: ['test/system/**/*.test.ts'],
          exclude: ['test/system/processes/**'],
          testTimeout: 180_000,
          hookTimeout: 180_000,
          maxWorkers: 2,
          sequence: { groupOrder: 1 },
        },
      },
      {
        test: {
          name: 'live',
          include: ['test/{e2e,browser,faults,system/processes}/**/*.test.ts'],
          testTimeout: 180_000,
          hookTimeout: 180_000,
          fileParallelism: false,
          sequence: { groupOrder: 2 },
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
