/** Every group of attacks, as `npm run test:attack` and `npm test` run them. */
import { nfsAttacks, pendingAttacks } from '../../src/storage/contract/conformance.ts'
import { cannotRun as noPool } from '../../src/storage/drivers/btrfs/bench.fixture.ts'
import { cannotRun as noCeph } from '../../src/storage/drivers/cephfs/bench.fixture.ts'
import { cannotRun as noImages } from '../../src/storage/drivers/image/bench.fixture.ts'
import { apiAttacks, pendingApiAttacks } from './api/index.ts'
import { openApiWorld } from './api/world.ts'
import { group, type Group } from './attack.ts'
import { namesGroup } from './names/index.ts'
import { nfsGroup } from './nfs/index.ts'
import { cephUsers, imagesPerProject, imagesTogether, subvolumes } from './nfs/targets.ts'

export const groups: readonly Group[] = [
  group({ name: 'api', open: openApiWorld, attacks: apiAttacks }),
  namesGroup(),
  nfsGroup(imagesPerProject, noImages),
  nfsGroup(imagesTogether, noImages),
  nfsGroup(
    cephUsers,
    noCeph,
    nfsAttacks.filter(({ layout }) => layout !== 'host'),
  ),
]

/** With the hole that the attacks on NFS are about: they must find it. `npm run test:attack -- --planted` shows how. */
export const planted: readonly Group[] = [nfsGroup(subvolumes, noPool)]

/** Known to be through until what they are about is mended; `npm run test:attack -- --pending` runs them. */
export const pending: readonly Group[] = [
  group({ name: 'api', open: openApiWorld, attacks: pendingApiAttacks }),
  nfsGroup(imagesPerProject, noImages, pendingAttacks),
  nfsGroup(imagesTogether, noImages, pendingAttacks),
]
