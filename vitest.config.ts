import { defineConfig } from 'vitest/config'
import { testCounts } from './scripts/test-counts.ts'

export default defineConfig({
  test: {
    reporters: ['default', testCounts('out/test-counts.txt')],
    coverage: {
      provider: 'v8',
      include: ['engine/**/*.ts', 'formats/**/*.ts', 'db/**/*.ts', 'host/**/*.ts', 'cli/**/*.ts'],
      reporter: ['text-summary', 'html'],
    },
    projects: [
      {
        test: {
          name: 'unit',
          environment: 'node',
          include: ['test/**/*.test.ts'],
          benchmark: { include: ['test/**/*.bench.ts'] },
          // Wide margins: a slow machine must not fail a correct test. Speed is measured by benchmarks.
          testTimeout: 60_000,
          hookTimeout: 60_000,
          expect: { poll: { timeout: 20_000 } },
        },
      },
    ],
  },
})
