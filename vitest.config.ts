import { defineConfig } from 'vitest/config'
import { BaseSequencer, type TestSpecification } from 'vitest/node'

/** Measure milliseconds, or count what the whole host has. */
const alone = [
  // Requests have 200 ms of the database here, and somebody else's are counted meanwhile.
  'test/attack/attack.test.ts',
  'test/system/hang.test.ts',
  'test/system/nfs-user-client.test.ts',
  'src/storage/drivers/image/limits.system.test.ts',
  'src/storage/exporters/ganesha/projects.system.test.ts',
]

/** Whatever opens a store through `src/db/store.fixture.ts`. */
const stores = [
  'src/data/meter.test.ts',
  'src/data/service-states.test.ts',
  'src/api/**/*.test.ts',
  'src/audit/**/*.test.ts',
  'src/auth/**/*.test.ts',
  'src/db/**/*.test.ts',
  'src/engine/**/*.test.ts',
  'src/lifecycle/**/*.test.ts',
  'src/notifications/**/*.test.ts',
  'src/manage/import/importer.test.ts',
  'src/scheduler/operations/**/*.test.ts',
  'src/share-manager/**/*.test.ts',
  'test/system/race-ledger.test.ts',
]

/** Minutes each: begun last, they would leave one processor with nothing to do. */
const longest = [
  'every-step.test.ts',
  'random-moments.test.ts',
  'short.test.ts',
  'cephfs.system.test.ts',
  'btrfs.system.test.ts',
  'conformance.system.test.ts',
  'restore.test.ts',
]

class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const place = ({ moduleId }: TestSpecification): number => {
      const at = longest.findIndex((name) => moduleId.endsWith(`/${name}`))
      return at < 0 ? longest.length : at
    }
    return (await super.sort(files)).toSorted((a, b) => place(a) - place(b))
  }
}

const system = {
  // A server and a broker for those that want one, and the service in one file.
  globalSetup: [
    'test/helpers/database-server.ts',
    'test/helpers/shared-broker.ts',
    'test/helpers/before-all.ts',
  ],
  isolate: false,
  testTimeout: 180_000,
  hookTimeout: 180_000,
}

/**
 * `unit` is the inner loop (no daemons, under 30 s). `stores` are those of its tests that open a store, on the database that
 * `MANILA_TEST_DATABASE` names. `system` needs real parts and may be root-only: some files at a time,
 * since each mostly waits for processes; `dashboard` are those in a browser, and `alone` follows, one by one.
 */
export default defineConfig({
  test: {
    sequence: { sequencer: LongestFirst },
    projects: [
      {
        test: {
          name: 'unit',
          include: [
            'src/**/*.test.ts',
            'tools/**/*.test.ts',
            'dashboard/**/*.test.ts',
            'test/*.test.ts',
            'test/golden/**/*.test.ts',
          ],
          exclude: ['**/*.system.test.ts'],
          globalSetup: ['test/helpers/database-server.ts'],
          isolate: false,
          maxWorkers: 2,
          // What only a hang reaches, on the busiest machine.
          testTimeout: 180_000,
          hookTimeout: 180_000,
          sequence: { groupOrder: 0 },
        },
      },
      {
        test: {
          name: 'stores',
          include: stores,
          exclude: ['**/*.system.test.ts'],
          isolate: false,
          maxWorkers: 2,
          globalSetup: ['test/helpers/database-server.ts'],
          testTimeout: 180_000,
          hookTimeout: 180_000,
        },
      },
      {
        test: {
          ...system,
          name: 'system',
          include: [
            'src/**/*.system.test.ts',
            'tools/**/*.system.test.ts',
            'test/system/**/*.test.ts',
            'test/routes/**/*.test.ts',
            'test/faults/**/*.test.ts',
            'test/chaos/**/*.test.ts',
            'test/attack/**/*.test.ts',
            'test/auth/**/*.test.ts',
            // What they walk is the same on every database, and plans are of all three.
            ...(process.env.MANILA_TEST_DATABASE === undefined
              ? ['test/walks/**/*.test.ts', 'test/plans/**/*.test.ts']
              : []),
          ],
          exclude: alone,
          // On a server the tests that kill keep four deployments busy in place of two.
          maxWorkers: process.env.MANILA_TEST_DATABASE === undefined ? 3 : 2,
          sequence: { groupOrder: 1 },
        },
      },
      {
        test: {
          ...system,
          globalSetup: [...system.globalSetup, 'test/dashboard/build.ts'],
          name: 'dashboard',
          include: ['test/dashboard/**/*.test.ts'],
          // One browser at a time: it is as many processes as it likes.
          maxWorkers: 1,
          fileParallelism: false,
          sequence: { groupOrder: 2 },
        },
      },
      {
        test: {
          ...system,
          name: 'alone',
          include: alone,
          maxWorkers: 1,
          fileParallelism: false,
          sequence: { groupOrder: 3 },
        },
      },
    ],
  },
})
