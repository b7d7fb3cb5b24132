import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { hostLock } from '../../../exec/host-lock.ts'
import type { ConformanceTarget } from '../../contract/conformance.ts'
import type { ExporterFactory, Parts, StorageDriver } from '../../contract/driver.ts'
import type { SimOptions } from './config.ts'
import { readContent, writeContent } from './content.ts'
import { setFaults } from '../../sim/faults.ts'
import { driver } from './index.ts'
import { forgetMemory, openStore } from '../../sim/store.ts'

/** What the sim is built from when nothing else of the service runs. `dir` is the caller's to make and remove. */
export function partsIn(dir: string): Parts {
  const log = () => {}
  return {
    exec: { run: () => Promise.reject(new Error('the sim runs no commands')) },
    log: { info: log, warn: log, error: log },
    backend: 'alpha',
    dir,
    lock: hostLock,
    now: () => Date.now() * 1000,
  }
}

/** The sim in `dir`, with the defaults of all options left out. */
export function simIn(dir: string, options: Partial<SimOptions> = {}): StorageDriver {
  return driver.create(options as SimOptions, partsIn(dir))
}

/**
 * The sim as the conformance kit sees it; every check gets a directory of its own. `exporter` is the sim's
 * (`exporters/sim.ts`), handed in because drivers don't import exporters; `wrap` lets tests break the driver.
 */
export function simTarget(
  options: Partial<SimOptions> = {},
  exporter: ExporterFactory | null = null,
  wrap: (driver: StorageDriver) => StorageDriver = (whole) => whole,
): ConformanceTarget {
  const dirs = new Set<string>()
  const dirOf = (id: string) => {
    for (const dir of dirs) if (readContent(dir, id)) return dir
    throw new Error(`no backend holds ${id}`)
  }
  return {
    name: options.memory ? 'sim in memory' : 'sim in files',
    limits: { enforcesSize: true },
    probes: {
      write: async ({ id }, { seed, bytes }) => writeContent(dirOf(id), id, seed, bytes),
      async read({ id }) {
        const content = readContent(dirOf(id), id)
        return content && !content.token.startsWith('empty-')
          ? { seed: content.token, bytes: content.bytes }
          : null
      },
    },
    async make() {
      const dir = await mkdtemp(join(tmpdir(), 'sim-'))
      dirs.add(dir)
      return {
        driver: wrap(simIn(dir, options)),
        ...(exporter && { exporter: exporter.create({ memory: options.memory ?? false }, partsIn(dir)) }),
        reopen: async () => wrap(simIn(dir, options)),
        hangCreate: () => setFaults(dir, { create: { kind: 'hang', times: 1 } }),
        breakCreate: () => setFaults(dir, { create: { kind: 'half-done', times: 1 } }),
        exportPath: ({ state }) => state.tree ?? '',
        granted: async (id) =>
          openStore(dir)
            .get('exports', id)
            ?.rules.map((rule) => rule.to) ?? [],
        async cleanup() {
          dirs.delete(dir)
          forgetMemory(dir)
          await rm(dir, { recursive: true, force: true })
        },
      }
    },
  }
}
