/**
 * The whole life of a share on real storage, as somebody leads it in the browser: a file system in a pool, served by NFS-Ganesha. What the
 * page says is held against what a client of NFS finds.
 */
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { freePort } from '../../src/exec/free-port.ts'
import { mountNfs } from '../../src/storage/contract/conformance/nfs4/index.ts'
import type { Nfs } from '../../src/storage/contract/conformance/nfs4/files.ts'
import { photograph, signIn, useBrowser } from './browser.ts'
import { startWorld, type World } from './world.ts'
import { obstacleOf } from '../system/nfs-bench.ts'

const pool = obstacleOf('btrfs') === null ? 'btrfs' : 'image'
/** What the kernel, the pool and the server take their time for. */
const patience = { timeout: 60_000 }

const browser = useBrowser()

describe.skipIf(obstacleOf(pool) !== null)(
  'a share on real storage, in the browser (root, btrfs or mkfs.xfs, nfs-ganesha)',
  () => {
    let world: World
    let nfsPort: number
    beforeAll(async () => {
      nfsPort = await freePort()
      world = await startWorld({
        kind: pool,
        inDir: (dir) => ({
          backends: {
            alpha: {
              driver: pool,
              trusted_clients: pool === 'btrfs',
              exporter: 'ganesha',
              report_interval_s: 2,
              driver_options: { loop_file: join(dir, 'pool.img'), size_gib: 8 },
              exporter_options: { port: nfsPort },
            },
          },
        }),
      })
    })
    afterAll(() => world?.[Symbol.asyncDispose]())

    it('is made, let in, written to, kept, turned back, grown and deleted', async () => {
      const tab = await browser.tab(world)
      const { page } = tab
      const dialog = page.getByRole('dialog')
      await signIn(tab, world, world.demo, 'shares/new')
      await dialog.getByLabel('Name', { exact: true }).fill('theses')
      await dialog.getByLabel('Size (GiB)').fill('1')
      await dialog.getByRole('button', { name: 'Create share' }).click()
      await page.getByRole('heading', { level: 1, name: 'theses' }).waitFor()
      // The steps are seen while they happen, or were too quick to be seen; in the end it is there.
      await page.getByText('available', { exact: true }).first().waitFor(patience)

      await page.getByRole('button', { name: 'Allow it to read and write' }).click(patience)
      await page.getByText('may read and write').first().waitFor(patience)
      const line = (await page.getByRole('region', { name: 'Mount it' }).textContent()) ?? ''
      const [, host = '', path = ''] = /([0-9.]+):(\/\S+) \/mnt/.exec(line) ?? []
      await photograph(tab, 'life-mount', 'light')
      const mount = (): Promise<Nfs> => mountNfs({ host, port: nfsPort, path, timeoutMs: 60_000 })
      const chapter = Buffer.from('the first chapter')
      const nfs = await mount()
      await nfs.write('/chapter', chapter)

      await page.getByRole('tab', { name: 'Snapshots' }).click()
      await page.getByRole('button', { name: 'Take snapshot' }).first().click()
      await dialog.getByLabel('Name', { exact: true }).fill('draft')
      await dialog.getByRole('button', { name: 'Take snapshot' }).click()
      await dialog.waitFor({ state: 'hidden' })
      const row = page.getByRole('row').filter({ hasText: 'draft' })
      await row.getByText('available').waitFor(patience)

      await nfs.write('/chapter', Buffer.from('scribbled over'))
      await page.getByRole('button', { name: 'Actions for draft' }).click()
      await page.getByRole('menuitem', { name: 'Revert share to it' }).click()
      await dialog.getByText('is lost for good').waitFor()
      await photograph(tab, 'life-revert', 'light')
      await dialog.getByLabel('Type theses to confirm').fill('theses')
      await dialog.getByRole('button', { name: 'Revert', exact: true }).click()
      await dialog.waitFor({ state: 'hidden' })
      await expect
        .poll(async () => {
          const again = await mount()
          try {
            return (await again.read('/chapter')).toString()
          } finally {
            await again.close()
          }
        }, patience)
        .toBe(chapter.toString())
      await page.getByText('available', { exact: true }).first().waitFor(patience)

      await page.getByRole('button', { name: 'Extend' }).click()
      await dialog.getByLabel('New size (GiB)').fill('2')
      await dialog.getByRole('button', { name: 'Extend' }).click()
      await page.getByText('2 GiB').first().waitFor(patience)
      await photograph(tab, 'life-snapshots', 'light')

      await page.getByRole('tab', { name: 'Snapshots' }).click()
      await page.getByRole('button', { name: 'Actions for draft' }).click()
      await page.getByRole('menuitem', { name: /^Delete/ }).click()
      const name = dialog.getByLabel('Type draft to confirm')
      if ((await name.count()) > 0) await name.fill('draft')
      await dialog.getByRole('button', { name: /^Delete/ }).click()
      await row.waitFor({ state: 'hidden', ...patience })

      await nfs.close()
      tab.expect(/^404 GET /)
      await page.getByRole('tab', { name: 'Advanced' }).click()
      await page.getByRole('button', { name: 'Delete for good' }).click()
      await dialog.getByLabel('Type theses to confirm').fill('theses')
      await dialog.getByRole('button', { name: 'Delete for good' }).click()
      await page.getByText('This is gone.').waitFor(patience)
      await expect(mount()).rejects.toThrow()
    })
  },
)
