/**
 * What drivers have in common whose shares lie in one pool of this host: each call of the contract runs in the pool that `setup`
 * made ready, and says in the same words what it was doing when it fails. What is done in the pool is the driver's, which hands
 * over a function for each call.
 */
import { attempt, commandsOf, type Commands } from './commands.ts'
import { DriverError } from '../contract/driver.ts'
import { withRemains } from './remains.ts'
import type {
  CallContext,
  CreatedShare,
  DriverState,
  Measurement,
  Parts,
  ShareRef,
  Shrinks,
  SnapshotRef,
  StorageDriver,
  Tree,
} from '../contract/driver.ts'

/** Runs one call of the contract against the pool; `what` is the beginning of what is said when that fails. */
export type WithPool<Pool> = <T>(
  call: CallContext,
  what: string,
  work: (commands: Commands, pool: Pool) => Promise<T>,
  errors?: { fullMeans?: 'no-room-here' },
) => Promise<T>

/** `ready` answers the pool, or null as long as it is not set up: a call then fails without having done anything. */
export function withPoolOf<Pool>(
  parts: Pick<Parts, 'exec' | 'backend'>,
  ready: () => Pool | null,
): WithPool<Pool> {
  return (call, what, work, errors = {}) => {
    const pool = ready()
    if (pool === null) {
      const why = `${what}: the backend ${parts.backend} is not set up yet`
      return Promise.reject(new DriverError(why, 'nothing-happened', { retryAfterS: 5 }))
    }
    return attempt(what, () => work(commandsOf(parts.exec, call), pool), errors)
  }
}

type Work<Pool, Args extends readonly unknown[], T> = (
  commands: Commands,
  pool: Pool,
  ...args: Args
) => Promise<T>

/** What a driver does in its pool for each call; the laws are those of the contract. */
export interface PoolWork<Pool> {
  readonly createShare: Work<Pool, [share: ShareRef], CreatedShare>
  readonly deleteShare: Work<Pool, [share: ShareRef], void>
  readonly extendShare: Work<Pool, [share: ShareRef, newSizeGib: number], void>
  readonly shrinkShare: Work<Pool, [share: ShareRef, newSizeGib: number], void>
  readonly ensureShare: Work<Pool, [share: ShareRef], CreatedShare>
  readonly revertShare: Work<
    Pool,
    [share: ShareRef, snapshot: SnapshotRef, operationId: string],
    CreatedShare
  >
  readonly cloneShare: Work<Pool, [share: ShareRef, snapshot: SnapshotRef], CreatedShare>
  readonly manageShare: Work<
    Pool,
    [share: ShareRef, exportPath: string],
    CreatedShare & { readonly sizeGib: number }
  >
  readonly unmanageShare: Work<Pool, [share: ShareRef], void>
  readonly createSnapshot: Work<Pool, [snapshot: SnapshotRef], { readonly state: DriverState }>
  /** A full pool refuses a snapshot as it refuses a share: for certain, and nothing of it was made. */
  readonly snapshotNeedsRoom: boolean
  readonly deleteSnapshot: Work<Pool, [snapshot: SnapshotRef], void>
  readonly snapshotTree: Work<Pool, [snapshot: SnapshotRef], Tree>
  readonly releaseSnapshot: Work<Pool, [id: string], void>
  readonly manageSnapshot: Work<
    Pool,
    [snapshot: SnapshotRef, providerLocation: string],
    { readonly state: DriverState; readonly sizeGib: number }
  >
  readonly unmanageSnapshot: Work<Pool, [snapshot: SnapshotRef], void>
  /** Ids of what is whole, by kind. */
  readonly listing: Work<Pool, [], Listing>
  /** Names that begin with an id, of what is half made, half deleted, mounted or noted. */
  readonly remains: Work<Pool, [], readonly string[]>
  readonly measure: Work<
    Pool,
    [
      shares: readonly ShareRef[],
      snapshots: readonly SnapshotRef[],
      options: { refresh: boolean; now: () => number },
    ],
    readonly Measurement[]
  >
}

interface Listing {
  readonly shares: ReadonlyMap<string, unknown>
  readonly snapshots: ReadonlyMap<string, unknown>
}

/** Abilities and calls that {@link poolCalls} has. */
type PoolCalls = Required<
  Pick<
    StorageDriver,
    | 'create'
    | 'delete'
    | 'extend'
    | 'ensure'
    | 'inventory'
    | 'snapshots'
    | 'clones'
    | 'reverts'
    | 'mountsSnapshots'
    | 'manages'
    | 'managesSnapshots'
    | 'measures'
  >
> & { readonly shrinks: Pick<Shrinks, 'shrink'> }

/** The calls of a driver that are nothing but its `work` in the pool. */
export function poolCalls<Pool>(
  withPool: WithPool<Pool>,
  work: PoolWork<Pool>,
  now: () => number,
): PoolCalls {
  const mayBeFull = { fullMeans: 'no-room-here' } as const
  return {
    create: (call, share) =>
      withPool(
        call,
        `creating share instance ${share.id}`,
        (c, pool) => work.createShare(c, pool, share),
        mayBeFull,
      ),
    delete: (call, share) =>
      withPool(call, `deleting share instance ${share.id}`, (c, pool) => work.deleteShare(c, pool, share)),
    extend: (call, share, newSizeGib) =>
      withPool(call, `extending share instance ${share.id}`, (c, pool) =>
        work.extendShare(c, pool, share, newSizeGib),
      ),
    ensure: (call, share) =>
      withPool(call, `finding share instance ${share.id}`, (c, pool) => work.ensureShare(c, pool, share)),
    inventory: (call) =>
      withPool(call, 'listing the pool', async (c, pool) => {
        const { shares, snapshots } = await work.listing(c, pool)
        const names = await work.remains(c, pool)
        return withRemains({ shares: shares.keys(), snapshots: snapshots.keys() }, names)
      }),
    snapshots: {
      create: (call, snapshot) =>
        withPool(
          call,
          `taking snapshot instance ${snapshot.id}`,
          (c, pool) => work.createSnapshot(c, pool, snapshot),
          work.snapshotNeedsRoom ? mayBeFull : {},
        ),
      delete: (call, snapshot) =>
        withPool(call, `deleting snapshot instance ${snapshot.id}`, (c, pool) =>
          work.deleteSnapshot(c, pool, snapshot),
        ),
    },
    clones: {
      clone: (call, share, snapshot) =>
        withPool(
          call,
          `creating share instance ${share.id} from snapshot instance ${snapshot.id}`,
          (c, pool) => work.cloneShare(c, pool, share, snapshot),
          mayBeFull,
        ),
    },
    reverts: {
      revert: (call, share, snapshot, operationId) =>
        withPool(call, `reverting share instance ${share.id}`, (c, pool) =>
          work.revertShare(c, pool, share, snapshot, operationId),
        ),
    },
    mountsSnapshots: {
      tree: (call, snapshot) =>
        withPool(call, `mounting snapshot instance ${snapshot.id}`, (c, pool) =>
          work.snapshotTree(c, pool, snapshot),
        ),
      release: (call, snapshot) =>
        withPool(call, `unmounting snapshot instance ${snapshot.id}`, (c, pool) =>
          work.releaseSnapshot(c, pool, snapshot.id),
        ),
    },
    shrinks: {
      shrink: (call, share, newSizeGib) =>
        withPool(call, `shrinking share instance ${share.id}`, (c, pool) =>
          work.shrinkShare(c, pool, share, newSizeGib),
        ),
    },
    manages: {
      manage: (call, share, exportPath) =>
        withPool(call, `taking over share instance ${share.id}`, (c, pool) =>
          work.manageShare(c, pool, share, exportPath),
        ),
      unmanage: (call, share) =>
        withPool(call, `giving back share instance ${share.id}`, (c, pool) =>
          work.unmanageShare(c, pool, share),
        ),
    },
    managesSnapshots: {
      manage: (call, snapshot, providerLocation) =>
        withPool(call, `taking over snapshot instance ${snapshot.id}`, (c, pool) =>
          work.manageSnapshot(c, pool, snapshot, providerLocation),
        ),
      unmanage: (call, snapshot) =>
        withPool(call, `giving back snapshot instance ${snapshot.id}`, (c, pool) =>
          work.unmanageSnapshot(c, pool, snapshot),
        ),
    },
    measures: {
      measure: (call, shares, snapshots, { refresh }) =>
        withPool(call, 'measuring the pool', (c, pool) =>
          work.measure(c, pool, shares, snapshots, { refresh, now }),
        ),
    },
  }
}
