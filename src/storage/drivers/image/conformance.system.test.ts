/** The conformance kit on a real pool, without an exporter and with a real NFS-Ganesha. */
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { granted } from '../../exporters/ganesha/granted.fixture.ts'
import { exporter as ganesha } from '../../exporters/ganesha/index.ts'
import { complete, undeclaredAlways } from '../btrfs/bench.fixture.ts'
import { conformance, fileProbes } from '../../contract/conformance.ts'
import { mounts } from '../../host/mountinfo.ts'
import { driver as image } from './index.ts'
import { call, cannotRun, loopsBelow, optionsOf, scratch } from './bench.fixture.ts'
import type { ConformanceBackend } from '../../contract/conformance.ts'

const bench = cannotRun === null ? scratch() : null
let whole: Promise<ConformanceBackend> | null = null

/** One backend stands for all checks; each looks at ids of its own only. */
async function open(): Promise<ConformanceBackend> {
  if (bench === null) throw new Error(cannotRun ?? '')
  const parts = bench.parts('alpha')
  const options = optionsOf({ loop_file: join(bench.dir, 'pool.img'), size_gib: 16 })
  const make = async () => {
    const driver = image.create(options, parts)
    await driver.setup(call())
    return driver
  }
  const driver = await make()
  const storage = { name: driver.name, separates: 'file-system' } as const
  const exporter = ganesha.create(complete(ganesha.options, { port: 0 }), { ...parts, storage })
  await exporter.setup(call())
  return {
    driver,
    exporter,
    standing: true,
    reopen: make,
    cleanup: async () => undefined,
    exportPath: (share) => `127.0.0.1:/${share.id}`,
    granted: (id) => granted(parts.exec, join(parts.dir, 'ganesha'), id),
  }
}

describe.skipIf(cannotRun !== null)(
  `image conformance${cannotRun === null ? '' : ` (${cannotRun})`}`,
  async () => {
    afterAll(() => bench?.clean())
    if (bench === null) return
    const target = {
      name: 'image',
      make: () => (whole ??= open()),
      probes: fileProbes(),
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
      const { driver, exporter } = await target.make()
      expect(readdirSync(join(bench.dir, 'alpha/exports')).filter((name) => name !== '.lock')).toEqual([])
      expect(readdirSync(join(bench.dir, 'alpha/locks')).filter((name) => !name.startsWith('.'))).toEqual([])
      // Looked at as the next process would find it.
      await exporter?.stop(call(), { detach: true })
      await driver.stop(call(), { detach: true })
      expect(loopsBelow(bench.dir)).toEqual([])
      expect(mounts().filter(({ path }) => path.startsWith(`${bench.dir}/`))).toEqual([])
      await driver.setup(call())
      const root = join(bench.dir, 'alpha/pool/manila')
      const left = ['shares', 'snapshots', 'mounted', 'staging', 'trash', 'records'].flatMap((name) =>
        readdirSync(join(root, name)),
      )
      expect(left).toEqual([])
      expect(readdirSync(join(bench.dir, 'alpha/ganesha/exports.d'))).toEqual([])
    })
  },
)
