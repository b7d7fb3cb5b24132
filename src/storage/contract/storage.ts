/** What every driver has, and which abilities it may have besides. */
import type {
  ClonesFromSnapshot,
  Compacts,
  Manages,
  ManagesSnapshots,
  Measures,
  MountsSnapshots,
  Reverts,
  Shrinks,
  Snapshots,
  Watches,
} from './abilities.ts'
import type { ExportRef, Publishes } from './exporter.ts'
import type { PoolReport } from './reports.ts'
import type { CallContext, CreatedShare, ServerUser, ShareRef } from './values.ts'

/**
 * What stands between the clients of two shares of one backend when a client sends handles that no server gave it:
 * `file-system`: each exported tree is a file system of its own ({@link Tree.fileSystem}). `user`: whoever serves a tree
 * reads the storage as a user who may see that tree alone (a cephx user).
 */
export type Separation = 'file-system' | 'user'

export interface StorageDriver {
  readonly name: string
  /** Absent: nothing; clients that are admitted to one share can reach them all, so they have to trust one another. */
  readonly separates?: Separation
  /** How often its space may be promised where the operator doesn't say; absent: as often as in Manila, 20 times. */
  readonly overSubscription?: number
  /**
   * For drivers without {@link separates}: what else clients of any export could reach, because it lies on the file system
   * that holds the trees (`host-lacks` advice as a sentence; null: nothing). Asked before {@link setup}, changes nothing.
   */
  exposes?(call: CallContext): Promise<string | null>
  /** `host`: only the kernel that has it mounted can serve it. `network`: any node can take over. */
  readonly reach: 'host' | 'network'

  /**
   * Brings the backend up: checks tools (a missing one is named with its Debian package), makes or grows what it needs,
   * mounts. Called at every start and again after a failure; finds again what an earlier process left running.
   * Throws {@link DriverError} with reason `host-lacks` when a person has to act.
   */
  setup(call: CallContext): Promise<void>
  /** Leaves the backend as it is for the next process; with `detach` also unmounts and detaches what setup attached. */
  stop(call: CallContext, options: { detach: boolean }): Promise<void>
  /** Capacity of every pool, cheap enough to ask each few seconds. */
  pools(call: CallContext): Promise<readonly PoolReport[]>
  /** Makes an empty tree of exactly `share.sizeGib`, or finds the one an earlier call made. */
  create(call: CallContext, share: ShareRef): Promise<CreatedShare>
  /** Removes the tree and everything kept for it; also what a half-done create left. Success when nothing is there. */
  delete(call: CallContext, share: ShareRef): Promise<void>
  /** Sets the size to `newSizeGib`, which is at least the present size. */
  extend(call: CallContext, share: ShareRef, newSizeGib: number): Promise<void>
  /**
   * Checks that the share is what its state says and puts back what a restart lost (mounts). Answers the tree.
   * Throws `not-found` when the data isn't there: ensure never makes an empty replacement.
   */
  ensure(call: CallContext, share: ShareRef): Promise<CreatedShare>
  /** Everything this backend holds that carries a Manila id, so that rows and reality can be compared. */
  inventory(call: CallContext): Promise<Inventory>

  readonly snapshots?: Snapshots
  readonly clones?: ClonesFromSnapshot
  readonly reverts?: Reverts
  readonly mountsSnapshots?: MountsSnapshots
  readonly shrinks?: Shrinks
  readonly manages?: Manages
  readonly managesSnapshots?: ManagesSnapshots
  readonly measures?: Measures
  /** For pools that clients can fill and trees that can fail while nobody asks the driver for anything. */
  readonly watches?: Watches
  /** For storage that comes to hold more for a share than it was given. */
  readonly compacts?: Compacts
  /**
   * For protocols that clients speak with the storage itself (CephFS): the driver publishes shares of these and applies
   * their rules, beside whatever exporter the backend has for other protocols. Ready when {@link setup} is done.
   */
  readonly native?: Publishes
  /** For storage that knows users: one for each export, as whom a server reads and writes that tree and nothing else. */
  readonly serverUsers?: ServerUsers
}

/** Keyed by the export's id, as everything about exports; both are repeated until they succeed. */
export interface ServerUsers {
  /** The export's user, made when absent: the same name and key at every call. */
  grant(call: CallContext, target: ExportRef): Promise<ServerUser>
  /** No such user afterwards, and nothing open in its name. Fine when there was none, also where only the id is known. */
  withdraw(call: CallContext, target: ExportRef): Promise<void>
}

export interface Inventory {
  /** Share instance ids. */
  readonly shares: readonly string[]
  /** Snapshot instance ids. */
  readonly snapshots: readonly string[]
  /**
   * Ids that are in neither list, and of which something is there all the same: half made, half deleted, mounted, noted. The next call
   * about such an id sees to it; where there will be none, because no row has the id, only an operator can know. Deleting a share of
   * that id and then a snapshot of that id leaves nothing of it. Absent: the driver leaves nothing of the kind.
   */
  readonly remains?: readonly string[]
}
