/** A file system that shut itself down under its clients comes back, and who used its neighbour notices nothing. */
import { execFileSync } from 'node:child_process'
import { globSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { randomUUID } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { complete } from '../../drivers/btrfs/bench.fixture.ts'
import { driver as image } from '../../drivers/image/index.ts'
import { call, cannotRun, optionsOf, scratch, shareRef } from '../../drivers/image/bench.fixture.ts'
import { mountNfs, NfsError } from '../../contract/conformance/nfs4/index.ts'
import { exporter as ganesha, type GaneshaExporter } from './index.ts'
import type { ExportRef } from '../../contract/driver.ts'
import { pidIn } from './pid.fixture.ts'

/** XFS_IOC_GOINGDOWN without writing the log: as after an error that it can't get over. */
const shutDown = (path: string): void =>
  void execFileSync('perl', [
    '-e',
    'open(my $root, "<", $ARGV[0]); my $how = pack("L", 2); ioctl($root, 0x8004587d, $how) or die "$!"',
    path,
  ])

const ways = [
  { servers: 'shared' },
  { servers: 'per-project', addresses: ['127.0.13.1', '127.0.13.2'] },
] as const

describe.skipIf(cannotRun !== null)('a file system that shut itself down', () => {
  test.each(ways)('with $servers servers', { timeout: 120_000 }, async (way) => {
    const bench = scratch()
    const parts = bench.parts('alpha')
    const driver = image.create(optionsOf({ loop_file: join(bench.dir, 'pool.img'), size_gib: 4 }), parts)
    const storage = { name: driver.name, separates: 'file-system' } as const
    const exporter = ganesha.create(complete(ganesha.options, { port: 0, ...way }), {
      ...parts,
      storage,
    }) as GaneshaExporter
    const projectId = 'd'.repeat(32)
    try {
      await driver.setup(call())
      await exporter.setup(call())
      const serve = async () => {
        const fresh = shareRef(randomUUID(), { pool: 'image', projectId })
        const { state, tree } = await driver.create(call(), fresh)
        const share = { ...fresh, state }
        const target: ExportRef = { id: share.id, protocol: 'NFS', projectId, state, tree, name: share.id }
        return { share, target, host: await publish(target) }
      }
      const publish = async (target: ExportRef): Promise<string> => {
        const [location] = await exporter.publish(call(), target)
        const rule = { id: 'rule', type: 'ip', to: '127.0.0.0/8', level: 'rw' } as const
        await exporter.applyRules(call(), target, [rule])
        return location!.path.split(/:(?=\/)/)[0]!
      }
      const mount = ({ host, target }: { host: string; target: ExportRef }) =>
        mountNfs({ host, port: exporter.port() ?? 0, path: `/${target.id}`, from: host, timeoutMs: 20_000 })
      const pids = () =>
        globSync(join(parts.dir, 'ganesha/**/ganesha.pid')).map((file) => pidIn(dirname(file)))

      const [broken, beside] = [await serve(), await serve()]
      const server = pids()
      const [client, neighbour] = [await mount(broken), await mount(beside)]
      await client.write('stable', Buffer.from('acknowledged'))
      await neighbour.write('mine', Buffer.alloc(4096))
      expect(await driver.watches!.failed(call())).toEqual([])

      await client
        .overwriting('stable', (open) =>
          neighbour.overwriting('mine', async (mine) => {
            shutDown(broken.target.tree!.path)
            expect(await driver.watches!.failed(call())).toEqual([broken.share.id])
            await expect(open.writeAt(0, Buffer.from('A'))).rejects.toThrow()
            // The server has it open: it is not pulled away under it.
            await expect(driver.ensure(call(), broken.share)).rejects.toMatchObject({
              reason: 'withdraw-first',
            })
            await exporter.unpublish(call(), broken.target)
            await mine.writeAt(0, Buffer.from('B'))
            const again = await driver.ensure(call(), broken.share)
            expect(again.tree).toEqual(broken.target.tree)
            await publish({ ...broken.target, tree: again.tree })
            await mine.writeAt(1, Buffer.from('C'))
          }),
        )
        .catch((error: unknown) => {
          // Closing the file of the export that was withdrawn fails.
          if (!(error instanceof NfsError)) throw error
        })
      expect(await driver.watches!.failed(call())).toEqual([])
      expect(pids()).toEqual(server)
      const back = await mount(broken)
      expect((await back.read('stable')).toString()).toBe('acknowledged')
      await back.write('later', Buffer.from('written'))
      expect((await neighbour.read('mine')).toString('latin1', 0, 2)).toBe('BC')
      for (const nfs of [client, back, neighbour]) await nfs.close().catch(() => undefined)
      for (const { share, target } of [broken, beside]) {
        await exporter.unpublish(call(), target)
        await driver.delete(call(), share)
      }
    } finally {
      await exporter.stop(call(), { detach: true })
      await driver.stop(call(), { detach: true })
      bench.clean()
    }
  })
})
