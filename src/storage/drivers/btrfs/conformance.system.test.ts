/** The conformance kit on a real pool with a real NFS-Ganesha. */
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { granted } from '../../exporters/ganesha/granted.fixture.ts'
import { exporter as ganesha } from '../../exporters/ganesha/index.ts'
import { conformance, fileProbes } from '../../contract/conformance.ts'
import { driver as btrfs } from './index.ts'
import { call, cannotRun, complete, scratch, undeclaredAlways } from './bench.fixture.ts'
import type { ConformanceBackend, Probes } from '../../contract/conformance.ts'

const bench = cannotRun === null ? scratch() : null
let whole: Promise<ConformanceBackend> | null = null

/** One backend stands for all checks; each looks at ids of its own only. */
async function open(): Promise<ConformanceBackend> {
  if (bench === null) throw new Error(cannotRun ?? '')
  const parts = bench.parts('alpha')
  const options = complete(btrfs.options, { loop_file: join(bench.dir, 'pool.img'), size_gib: 16 })
  const make = async () => {
    const driver = btrfs.create(options, parts)
    await driver.setup(call())
    return driver
  }
  const exporter = ganesha.create(complete(ganesha.options, { port: 0 }), parts)
  await exporter.setup(call())
  return {
    driver: await make(),
    exporter,
    standing: true,
    reopen: make,
    cleanup: async () => undefined,
    exportPath: (share) => `127.0.0.1:/${share.id}`,
    granted: (id) => granted(parts.exec, join(parts.dir, 'ganesha'), id),
  }
}

/** Node has no name for EDQUOT (122), so the kit's probes take it for an accident. */
function probesThatKnowQuota(): Probes {
  const probes = fileProbes()
  return {
    read: probes.read,
    async write(place, content) {
      try {
        return await probes.write(place, content)
      } catch (error) {
        if ((error as NodeJS.ErrnoException).errno === -122) return 'full'
        throw error
      }
    },
  }
}

describe.skipIf(cannotRun !== null)(
  `btrfs conformance${cannotRun === null ? '' : ` (${cannotRun})`}`,
  async () => {
    afterAll(() => bench?.clean())
    if (bench === null) return
    const target = {
      name: 'btrfs',
      make: () => (whole ??= open()),
      probes: probesThatKnowQuota(),
      limits: { enforcesSize: true },
    }
    const checks = await conformance(target)
    for (const check of checks) if (check.notDeclared === null) test(check.name, () => check.run())
    test('nothing but the faults of a pretend backend is undeclared', () => {
      expect([...new Set(checks.flatMap((check) => check.notDeclared ?? []))].sort()).toEqual(
        undeclaredAlways,
      )
    })
    test('nothing is left', async () => {
      // Looked at as the next process would find it.
      const { driver, exporter } = await target.make()
      await exporter?.stop(call(), { detach: true })
      await driver.stop(call(), { detach: true })
      await driver.setup(call())
      const root = join(bench.dir, 'alpha/pool/manila')
      const left = ['shares', 'snapshots', 'staging'].flatMap((name) => readdirSync(join(root, name)))
      expect(left).toEqual([])
      expect(readdirSync(join(bench.dir, 'alpha/records'))).toEqual([])
      expect(readdirSync(join(bench.dir, 'alpha/exports'))).toEqual([])
      expect(readdirSync(join(bench.dir, 'alpha/ganesha/exports.d'))).toEqual([])
      // The guard's, which is no share's.
      expect(readdirSync(join(bench.dir, 'alpha/ganesha/numbers'))).toHaveLength(1)
    })
  },
)
