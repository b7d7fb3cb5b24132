import { execFileSync } from 'node:child_process'
import { readFileSync, renameSync, copyFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { call, cannotRun, complete, scratch } from '../../drivers/btrfs/bench.fixture.ts'
import * as nfs from '../../contract/conformance/nfs4/operations.ts'
import { ganeshaExporter } from './exporter.ts'
import { ganeshaOptions } from './options.ts'
import {
  exportOf,
  kill,
  lookupParent,
  makeImage,
  mountImage,
  rootOf,
  rule,
  session,
  unmountImage,
} from './bench.fixture.ts'
import type { Parts } from '../../contract/driver.ts'
import type { GaneshaExporter } from './exporter.ts'
import { pidIn } from './pid.fixture.ts'

const project = '0123456789abcdef0123456789abcdef'
const bytesOf = (uuid: string): string => uuid.replaceAll('-', '')

describe.skipIf(cannotRun !== null)('an exporter of file systems', () => {
  let world: ReturnType<typeof scratch>
  let parts: Parts
  let exporter: GaneshaExporter

  const build = () => ganeshaExporter(complete(ganeshaOptions, { port: 0 }), parts)
  const client = () => session('127.0.0.1', exporter.port() ?? 0)
  const pid = () => pidIn(join(parts.dir, 'ganesha'))

  beforeEach(async () => {
    world = scratch()
    parts = { ...world.parts('alpha'), storage: { name: 'image', separates: 'file-system' } }
    exporter = build()
    await exporter.setup(call())
  })
  afterEach(async () => {
    await exporter.stop(call(), { detach: true })
    world.clean()
  })

  test('handles hold the UUID, whatever device the image is on, and are the same after a restart of the host', async () => {
    const image = makeImage(parts.dir, project)
    const other = makeImage(parts.dir, project)
    for (const one of [image, other]) {
      await exporter.publish(call(), exportOf(one))
      await exporter.applyRules(call(), exportOf(one), [rule('127.0.0.1')])
    }
    const first = await client()
    const handles = [await rootOf(first, image.id), await rootOf(first, other.id)]
    await first.end()
    expect(handles.map((handle) => handle.toString('hex'))).toEqual([
      expect.stringContaining(bytesOf(image.fileSystem.uuid)),
      expect.stringContaining(bytesOf(other.fileSystem.uuid)),
    ])
    await exporter.stop(call(), { detach: true })
    for (const one of [image, other]) unmountImage(one)
    const again = [mountImage(parts.dir, other), mountImage(parts.dir, image)]
    expect(again.map(({ device }) => device)).not.toEqual([other.device, image.device])
    exporter = build()
    await exporter.setup(call())
    const second = await client()
    expect([await rootOf(second, image.id), await rootOf(second, other.id)]).toEqual(handles)
    await second.end()
  })

  test('a device that had another image a moment ago is read again', async () => {
    const served = async () => {
      const image = makeImage(parts.dir, project)
      await exporter.publish(call(), exportOf(image))
      return image
    }
    let before = await served()
    let after = before
    // Somebody else on this host may take the device in between.
    do {
      before = after
      await exporter.unpublish(call(), exportOf(before))
      unmountImage(before)
      after = await served()
    } while (after.device !== before.device)
    await exporter.applyRules(call(), exportOf(after), [rule('127.0.0.1')])
    const one = await client()
    expect((await rootOf(one, after.id)).toString('hex')).toContain(bytesOf(after.fileSystem.uuid))
    await one.end()
  })

  test('another image under the path, another UUID and no image at all are refused, and nothing of it is served', async () => {
    const image = makeImage(parts.dir, project)
    const refused = async (over: object, why: string) => {
      const tree = { path: image.path, readOnly: false, fileSystem: image.fileSystem, ...over }
      await expect(exporter.publish(call(), exportOf(image, { tree }))).rejects.toThrow(why)
      expect(await exporter.inventory(call())).toEqual([])
    }
    const { uuid, backing } = image.fileSystem
    const another = '99999999-9999-4999-8999-999999999999'
    await refused({ fileSystem: { uuid: another, backing } }, `its UUID is ${uuid}`)
    await refused({ fileSystem: { uuid, backing: `${backing}.other` } }, `kept in ${backing}`)
    await refused({ fileSystem: undefined }, 'does not say which file system')
    await refused({ path: join(parts.dir, 'images') }, 'no file system of its own')
    // The file was replaced under the mount.
    copyFileSync(backing, `${backing}.copy`)
    renameSync(`${backing}.copy`, backing)
    await refused({}, '(deleted)')
  })

  test('a planted image is not served when the server starts, though path, type and UUID are right', async () => {
    const image = makeImage(parts.dir, project)
    await exporter.publish(call(), exportOf(image))
    await exporter.applyRules(call(), exportOf(image), [rule('127.0.0.1')])
    await exporter.stop(call(), { detach: true })
    unmountImage(image)
    const { backing } = image.fileSystem
    copyFileSync(backing, `${backing}.planted`)
    // Whatever device is free: somebody else may have the old one by now.
    const argv = ['--find', '--show', `${backing}.planted`]
    const device = execFileSync('losetup', argv, { encoding: 'utf8' }).trim()
    execFileSync('mount', ['-t', 'xfs', device, image.path])
    exporter = build()
    await exporter.setup(call())
    await exporter.settled!(call())
    const one = await client()
    await expect(rootOf(one, image.id)).rejects.toThrow('NFS4ERR_NOENT')
    await one.end()
  })

  test('a forged handle of the root leads to nothing above it, before and after a restart of the server', async () => {
    const image = makeImage(parts.dir, project)
    await exporter.publish(call(), exportOf(image))
    await exporter.applyRules(call(), exportOf(image), [rule('127.0.0.1')])
    for (const round of ['first', 'second']) {
      const one = await client()
      const root = await rootOf(one, image.id)
      // As the kernel also takes it: a 32-bit inode number. To the server it is another object than the export's root.
      const forged = Buffer.concat([root.subarray(0, 22), Buffer.from('018000000000000000', 'hex')])
      forged[4] = forged.length - 5
      await one.compound([nfs.putFh(forged), nfs.getFh])
      await expect(one.compound([nfs.putFh(forged), lookupParent, nfs.getFh]), round).rejects.toThrow(
        /NOENT|STALE|ACCESS/,
      )
      await one.end()
      await kill(pid())
      await exporter.setup(call())
    }
  })

  test('a server of an older version is replaced: its handles hold device numbers', async () => {
    const main = join(parts.dir, 'ganesha/ganesha.conf')
    const old = pid()
    writeFileSync(main, readFileSync(main, 'utf8').split('\n').slice(1).join('\n'))
    const next = build()
    await next.setup(call())
    expect(pid()).not.toBe(old)
    await next.stop(call(), { detach: false })
  })
})
