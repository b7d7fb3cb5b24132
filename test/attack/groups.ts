/** Every group of attacks, as `npm run test:attack` and `npm test` run them. */
import { cannotRun as noPool } from '../../src/drivers/btrfs/test-bench.ts'
import { cannotRun as noImages } from '../../src/drivers/image/test-bench.ts'
import { apiAttacks } from './api/index.ts'
import { openApiWorld } from './api/world.ts'
import { group, type Group } from './attack.ts'
import { nfsGroup } from './nfs/index.ts'
import { images, subvolumes } from './nfs/targets.ts'

export const groups: readonly Group[] = [
  group({ name: 'api', open: openApiWorld, attacks: apiAttacks }),
  nfsGroup(images(), noImages),
]

/** With the hole that the attacks on NFS are about: they must find it. `npm run test:attack -- --planted` shows how. */
export const planted: readonly Group[] = [nfsGroup(subvolumes(), noPool)]
