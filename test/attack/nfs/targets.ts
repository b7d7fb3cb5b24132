/** What the kit's attacks are pointed at: every driver that says it keeps clients apart, and one that does not. */
import { join } from 'node:path'
import { driver as btrfs } from '../../../src/storage/drivers/btrfs/index.ts'
import { complete, scratch } from '../../../src/storage/drivers/btrfs/bench.fixture.ts'
import { driver as cephfs } from '../../../src/storage/drivers/cephfs/index.ts'
import { startBench } from '../../../src/storage/drivers/cephfs/bench.fixture.ts'
import { driver as image } from '../../../src/storage/drivers/image/index.ts'
import { behindGanesha } from './ganesha.ts'
import type { ConformanceTarget } from '../../../src/storage/contract/conformance.ts'

const images = (name: string, options: object): ConformanceTarget => ({
  name,
  async make() {
    const { dir, parts, clean } = scratch()
    const own = parts('alpha')
    const pool = complete(image.options, { loop_file: join(dir, 'pool.img'), size_gib: 16 })
    return behindGanesha(image.create(pool, own), own, { options, cleanup: clean })
  },
})

/** Images, a server for each project. */
export const imagesPerProject = images('image, a server per project', {
  servers: 'per-project',
  addresses: ['127.0.66.1', '127.0.66.2', '127.0.66.3'],
})

/** Images behind one server for all. */
export const imagesTogether = images('image, one server', { servers: 'shared' })

/** Shares of one CephFS, each export served as a cephx user of its own. */
export const cephUsers: ConformanceTarget = {
  name: 'cephfs, a cephx user for each export',
  async make() {
    const { host, driverOptions, exporterOptions, clean } = await startBench()
    const own = host('attacked')
    const driver = cephfs.create(complete(cephfs.options, driverOptions), own)
    return behindGanesha(driver, own, { options: exporterOptions, cleanup: clean })
  },
}

/** Subvolumes of one file system, whose clients have to trust one another: here the attacks must find the hole. */
export const subvolumes: ConformanceTarget = {
  name: 'btrfs subvolumes',
  async make() {
    const { dir, parts, clean } = scratch()
    const own = parts('alpha')
    const pool = complete(btrfs.options, { loop_file: join(dir, 'pool.img'), size_gib: 8 })
    return behindGanesha(btrfs.create(pool, own), own, { cleanup: clean })
  },
}
