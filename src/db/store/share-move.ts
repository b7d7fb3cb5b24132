/** A share that goes from one backend to another while neither is served: what stands in its way. */
import { instanceLane } from '../../model/lanes.ts'
import type { DbOrTx } from '../schema.ts'
import type { InstanceRow, ShareRow } from './share-instances.ts'

/** What stands in the way of a move, as a sentence for operators. */
export class MoveRefused extends Error {
  override readonly name = 'MoveRefused'
}

export interface MoveAsked {
  readonly shareId: string
  /** `host@backend#pool` */
  readonly to: string
  /** Services silent for this many microseconds are down. */
  readonly downAfterUs: number
  readonly now: number
}

export interface Movable {
  readonly share: ShareRow
  readonly instance: InstanceRow
  /** `host@backend` of where it is. */
  readonly from: string
  readonly target: { readonly poolId: string; readonly backendId: string; readonly label: string }
}

/** Everything the move needs to know. Throws {@link MoveRefused} unless it may begin. */
export async function movableShare(db: DbOrTx, asked: MoveAsked): Promise<Movable> {
  const share = await db.selectFrom('shares').selectAll().where('id', '=', asked.shareId).executeTakeFirst()
  if (share === undefined) throw new MoveRefused(`there is no share ${asked.shareId}`)
  const [instance, ...more] = await db
    .selectFrom('share_instances')
    .selectAll()
    .where('share_id', '=', share.id)
    .execute()
  if (instance === undefined || more.length > 0)
    throw new MoveRefused('it has other instances than one: replicas are not moved')
  if (instance.status !== 'available')
    throw new MoveRefused(`it is ${instance.status}; only an available share is moved`)
  await refuseAttached(db, share, instance)
  const from = instance.host.replace(/#.*$/, '')
  const target = await poolNamed(db, asked.to)
  if (target.label === from) throw new MoveRefused(`it is on ${from} already`)
  await refuseServed(db, [from, target.label], asked)
  return { share, instance, from, target }
}

/** Throws {@link MoveRefused} while work, snapshots or a group hold it where it is. */
export async function refuseAttached(db: DbOrTx, share: ShareRow, instance: InstanceRow): Promise<void> {
  const work = await db
    .selectFrom('operation_lanes')
    .select('operation_id')
    .where('lane', '=', instanceLane(instance.id))
    .where('finished', '=', 0)
    .executeTakeFirst()
  if (work !== undefined) throw new MoveRefused('an operation waits for it: let it end first')
  const snapshot = await db
    .selectFrom('snapshot_instances')
    .select('snapshot_id')
    .where('share_instance_id', '=', instance.id)
    .executeTakeFirst()
  if (snapshot !== undefined)
    throw new MoveRefused(`it has snapshots (${snapshot.snapshot_id}…), which can't move: delete them first`)
  if (share.share_group_id !== null) throw new MoveRefused('it is in a share group')
}

async function poolNamed(db: DbOrTx, label: string): Promise<Movable['target']> {
  const pool = await db
    .selectFrom('pools')
    .innerJoin('backends', 'backends.id', 'pools.backend_id')
    .select(['pools.id as poolId', 'pools.backend_id as backendId', 'backends.label as label'])
    .where('pools.label', '=', label)
    .executeTakeFirst()
  if (pool !== undefined) return pool
  throw new MoveRefused(
    `no backend has reported a pool ${label}: start its manila-share once, and see share pool list`,
  )
}

async function refuseServed(db: DbOrTx, labels: readonly string[], asked: MoveAsked): Promise<void> {
  const up = await db
    .selectFrom('services')
    .select('host')
    .where('host', 'in', labels)
    .where('stopped', '=', 0)
    .where('heartbeat_at', '>', asked.now - asked.downAfterUs)
    .executeTakeFirst()
  if (up === undefined) return
  throw new MoveRefused(`a manila-share serves ${up.host}: stop it first; clients go on being served`)
}
