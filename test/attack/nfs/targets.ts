/** What the kit's attacks are pointed at: every driver that says it keeps clients apart, and one that does not. */
import { join } from 'node:path'
import { driver as btrfs } from '../../../src/drivers/btrfs/index.ts'
import { call, complete, scratch } from '../../../src/drivers/btrfs/test-bench.ts'
import { driver as image } from '../../../src/drivers/image/index.ts'
import { behindOneServer } from './ganesha.ts'
import type { ConformanceTarget } from '../../../src/drivers/conformance.ts'

/** Images behind one server for all. */
export const images = (): ConformanceTarget => ({
  name: 'image, one server',
  async make() {
    const { dir, parts, clean } = scratch()
    const own = parts('alpha')
    const options = complete(image.options, { loop_file: join(dir, 'pool.img'), size_gib: 16 })
    return behindOneServer(image.create(options, own), own, call, { cleanup: clean })
  },
})

/** Subvolumes of one file system, whose clients have to trust one another: here the attacks must find the hole. */
export const subvolumes = (): ConformanceTarget => ({
  name: 'btrfs subvolumes',
  async make() {
    const { dir, parts, clean } = scratch()
    const own = parts('alpha')
    const options = complete(btrfs.options, { loop_file: join(dir, 'pool.img'), size_gib: 8 })
    return behindOneServer(btrfs.create(options, own), own, call, { cleanup: clean })
  },
})
