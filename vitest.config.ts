import { defineConfig } from 'vitest/config'

/** Two projects: `unit` is the inner loop (no daemons, under 30 s), `system` needs real parts and may be root-only. */
export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: 'unit',
          include: ['src/**/*.test.ts', 'test/tidy.test.ts', 'test/golden/**/*.test.ts'],
          exclude: ['**/*.system.test.ts'],
          isolate: false,
          testTimeout: 20_000,
        },
      },
      {
        test: {
          name: 'system',
          include: [
            'src/**/*.system.test.ts',
            'test/system/**/*.test.ts',
            'test/routes/**/*.test.ts',
            'test/faults/**/*.test.ts',
          ],
          fileParallelism: false,
          // A broker for the files that want one.
          globalSetup: ['test/helpers/shared-broker.ts'],
          testTimeout: 180_000,
          hookTimeout: 180_000,
        },
      },
    ],
  },
})
