/** What the conformance kit asks of an exporter, of a server per project over the driver that it is made for. */
import { globSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { complete } from '../../drivers/btrfs/bench.fixture.ts'
import { conformance } from '../../contract/conformance.ts'
import { exporterLaws } from '../../contract/conformance/exporter.ts'
import { driver as image } from '../../drivers/image/index.ts'
import { call, cannotRun, loopsBelow, optionsOf, scratch } from '../../drivers/image/bench.fixture.ts'
import { mounts } from '../../host/mountinfo.ts'
import { granted as grantedBy } from './granted.fixture.ts'
import { exporter as ganesha } from './index.ts'
import type { ConformanceBackend } from '../../contract/conformance.ts'

const bench = cannotRun === null ? scratch() : null
let whole: Promise<ConformanceBackend> | null = null

async function open(): Promise<ConformanceBackend> {
  if (bench === null) throw new Error(cannotRun ?? '')
  const parts = bench.parts('alpha')
  const driver = image.create(optionsOf({ loop_file: join(bench.dir, 'pool.img'), size_gib: 8 }), parts)
  await driver.setup(call())
  const storage = { name: driver.name, separates: 'file-system' } as const
  const options = { port: 0, servers: 'per-project', addresses: ['127.0.12.1', '127.0.12.2'] }
  const exporter = ganesha.create(complete(ganesha.options, options), { ...parts, storage })
  await exporter.setup(call())
  return {
    driver,
    exporter,
    standing: true,
    reopen: async () => driver,
    cleanup: async () => undefined,
    granted: (id) => granted(parts.dir, id),
  }
}

/** Asks the project's server who is let in now. */
async function granted(dir: string, id: string): Promise<readonly string[]> {
  const [file = ''] = globSync(join(dir, 'ganesha/projects/*/exports.d', `${id}.conf`))
  return grantedBy(bench!.parts('alpha').exec, dirname(dirname(file)), id)
}

describe.skipIf(cannotRun !== null)('a server per project over images', async () => {
  afterAll(() => bench?.clean())
  if (bench === null) return
  const target = { name: 'image', make: () => (whole ??= open()) }
  const laws = new Set(exporterLaws.map(({ name }) => name))
  const checks = (await conformance(target)).filter(({ name }) => laws.has(name))
  for (const check of checks)
    test(check.name, async () => {
      expect(check.notDeclared).toBeNull()
      await check.run()
    })

  test('the driver can undo each mount although a server sees it, and nothing is left', async () => {
    const { driver, exporter } = await target.make()
    expect(globSync(join(bench.dir, 'alpha/ganesha/projects/*'))).toEqual([])
    expect(globSync(join(bench.dir, 'alpha/ganesha/addresses/taken/*'))).toEqual([])
    await exporter?.stop(call(), { detach: true })
    await driver.stop(call(), { detach: true })
    // A server that another test starts has a copy of every mount for a moment.
    await expect.poll(() => loopsBelow(bench.dir), { timeout: 10_000 }).toEqual([])
    expect(mounts().filter(({ path }) => path.startsWith(`${bench.dir}/`))).toEqual([])
  })
})
