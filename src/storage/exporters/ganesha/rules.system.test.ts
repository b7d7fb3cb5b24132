/** Access rules and export files of every kind, with a real NFS-Ganesha: one that is wrong harms no other. */
import { globSync, readFileSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { call, cannotRun, complete, scratch } from '../../drivers/btrfs/bench.fixture.ts'
import { mountNfs } from '../../contract/conformance/nfs4/index.ts'
import { ganeshaExporter } from './exporter.ts'
import { ganeshaOptions } from './options.ts'
import { clientsAtMost } from './rules.ts'
import { exportOf, kill, makeImage, rule, type Image } from './bench.fixture.ts'
import type { Parts } from '../../contract/driver.ts'
import type { GaneshaExporter } from './exporter.ts'
import { pidIn } from './pid.fixture.ts'

describe.skipIf(cannotRun !== null)('NFS access rules', () => {
  let world: ReturnType<typeof scratch>
  let parts: Parts
  let exporter: GaneshaExporter

  const published = async (): Promise<Image> => {
    const image = makeImage(parts.dir, 'a'.repeat(32))
    await exporter.publish(call(), exportOf(image))
    return image
  }
  const admits = (image: Image, from: string): Promise<boolean> =>
    mountNfs({ host: from, port: exporter.port() ?? 0, path: `/${image.id}`, from, timeoutMs: 5000 }).then(
      (client) => client.close().then(() => true),
      () => false,
    )
  const fileOf = (image: Image): string =>
    globSync(join(parts.dir, `ganesha/exports.d/${image.id}.conf`))[0] ?? ''
  /** The server begins anew, with the files that are there. */
  const restart = async (served: Image): Promise<void> => {
    await kill(pidIn(join(parts.dir, 'ganesha')))
    await expect.poll(() => admits(served, '127.0.0.1'), { timeout: 15_000 }).toBe(true)
  }

  beforeEach(async () => {
    world = scratch()
    parts = { ...world.parts('alpha'), storage: { name: 'image', separates: 'file-system' } }
    exporter = ganeshaExporter(complete(ganeshaOptions, { port: 0, bind_address: '::' }), parts)
    await exporter.setup(call())
  })
  afterEach(async () => {
    await exporter.stop(call(), { detach: true })
    world.clean()
  })

  test('what the server has no words for is in error alone, and small networks are taken apart', async () => {
    const image = await published()
    const rules = ['127.0.0.1', '::/125', '2001:db8::/112', '2001:db8::/64', '0.0.0.0', '10.0.0.0/8']
    const outcomes = await exporter.applyRules(
      call(),
      exportOf(image),
      rules.map((to) => rule(to)),
    )
    expect(outcomes.map(({ id, state }) => `${id} ${state}`)).toEqual([
      '127.0.0.1 active',
      '::/125 active',
      '2001:db8::/112 error',
      '2001:db8::/64 active',
      '0.0.0.0 error',
      '10.0.0.0/8 active',
    ])
    expect([await admits(image, '127.0.0.1'), await admits(image, '::1')]).toEqual([true, true])
    expect(await admits(image, '127.0.0.9')).toBe(false)
    // ::1 is not among those: 8 to f.
    await exporter.applyRules(call(), exportOf(image), [rule('::8/125')])
    expect([await admits(image, '127.0.0.1'), await admits(image, '::1')]).toEqual([false, false])
    await exporter.applyRules(call(), exportOf(image), [rule('::/121')])
    expect([await admits(image, '127.0.0.1'), await admits(image, '::1')]).toEqual([false, true])
  })

  test('every IPv4 client is let in by every spelling of everybody, and no IPv6 one', async () => {
    const image = await published()
    for (const to of ['0.0.0.0/0', '::ffff:0:0/96']) {
      await exporter.applyRules(call(), exportOf(image), [rule(to)])
      expect([await admits(image, '127.0.0.9'), await admits(image, '::1')], to).toEqual([true, false])
    }
    await exporter.applyRules(call(), exportOf(image), [rule('::/0')])
    expect([await admits(image, '127.0.0.9'), await admits(image, '::1')]).toEqual([false, true])
  })

  test('of 7,000 each holds, they are changed and taken away, and the server begins again with them', async () => {
    const [image, beside] = [await published(), await published()]
    await exporter.applyRules(call(), exportOf(beside), [rule('127.0.0.1')])
    const many = Array.from({ length: 7000 }, (_, n) => rule(`10.${n >> 8}.${n & 255}.1`))
    const outcomes = await exporter.applyRules(call(), exportOf(image), [...many, rule('127.0.0.9')])
    expect(outcomes.filter(({ state }) => state !== 'active')).toEqual([])
    await exporter.publish(call(), exportOf(image))
    expect(await admits(image, '127.0.0.9')).toBe(true)
    await restart(beside)
    expect(await admits(image, '127.0.0.9')).toBe(true)
    await exporter.applyRules(call(), exportOf(image), many)
    expect(await admits(image, '127.0.0.9')).toBe(false)
    await exporter.unpublish(call(), exportOf(image))
    expect(await exporter.inventory(call())).toEqual([beside.id])
  })

  test('as many as an export may have hold, and a server begins with them; one more is in error alone', async () => {
    const image = await published()
    const many = Array.from({ length: clientsAtMost - 1 }, (_, n) => rule(`10.${n >> 8}.${n & 255}.1`))
    const outcomes = await exporter.applyRules(call(), exportOf(image), [
      ...many,
      rule('127.0.0.1'),
      rule('10.255.0.1'),
    ])
    expect(outcomes.flatMap(({ id, state }) => (state === 'error' ? [id] : []))).toEqual(['10.255.0.1'])
    await exporter.publish(call(), exportOf(image))
    await restart(image)
    await exporter.applyRules(call(), exportOf(image), [rule('127.0.0.9')])
    expect([await admits(image, '127.0.0.1'), await admits(image, '127.0.0.9')]).toEqual([false, true])
  })

  test('a file that looks whole and that the server can not parse is left out at the second try', async () => {
    const [image, beside] = [await published(), await published()]
    for (const one of [image, beside]) await exporter.applyRules(call(), exportOf(one), [rule('127.0.0.1')])
    const text = readFileSync(fileOf(image), 'utf8')
    writeFileSync(fileOf(image), text.replace('  Access_Type = None;', '  Access_Type = {{ \u0001;'))
    await restart(beside)
    expect(await exporter.inventory(call())).toEqual([beside.id])
    expect(exporter.troubles!()).toEqual([expect.stringContaining(image.id)])
    expect(await exporter.damaged!(call())).toEqual([image.id])
    await exporter.publish(call(), exportOf(image))
    await exporter.applyRules(call(), exportOf(image), [rule('127.0.0.1')])
    expect([await admits(image, '127.0.0.1'), await admits(image, '127.0.0.9')]).toEqual([true, false])
  })

  test.each([
    ['is cut off', (file: string) => truncateSync(file, 400)],
    ['is empty', (file: string) => truncateSync(file, 0)],
    ['holds something else', (file: string) => writeFileSync(file, 'EXPORT { Export_Id = ; \0}\n}\n')],
  ])(
    'a file that %s is left out and told, the others are served, and it is written anew',
    async (_, spoil) => {
      const [image, beside] = [await published(), await published()]
      for (const one of [image, beside]) await exporter.applyRules(call(), exportOf(one), [rule('127.0.0.1')])
      spoil(fileOf(image))
      await restart(beside)
      expect(await exporter.inventory(call())).toEqual([beside.id])
      expect(exporter.troubles!()).toEqual([
        expect.stringContaining(`can't be read are left out until they are written anew: ${image.id}`),
      ])
      // As the share manager does with what is missing.
      await exporter.publish(call(), exportOf(image))
      await exporter.applyRules(call(), exportOf(image), [rule('127.0.0.1')])
      expect(await admits(image, '127.0.0.1')).toBe(true)
      expect((await exporter.inventory(call())).toSorted()).toEqual([image.id, beside.id].toSorted())
      expect(exporter.troubles!()).toEqual([])
      expect(await exporter.damaged!(call())).toEqual([])
      // And what is to go goes, readable or not.
      spoil(fileOf(image))
      await exporter.unpublish(call(), exportOf(image))
      expect(await admits(image, '127.0.0.1')).toBe(false)
      expect(fileOf(image)).toBe('')
    },
  )
})
