/**
 * The contract between the share manager and a storage backend: a small core that every driver has, and optional
 * abilities that a driver declares by having them (`driver.snapshots`, `driver.shrinks`, …). The capability bits that
 * the scheduler sees are derived from what is there, so a driver can't claim what it hasn't got.
 *
 * A driver makes and sizes trees; an {@link Exporter} (`exporters/`) publishes them and applies access rules. Neither
 * sees the database, the bus or a status. Both get plain values and answer with plain values.
 *
 * Three laws, all checked by `conformance.ts`:
 *  1. **Idempotent by id.** The same call with the same id twice leaves the same world and gives an equal answer;
 *     deleting what isn't there succeeds.
 *  2. **Three outcomes.** A failure is a {@link DriverError} that says whether anything may have happened.
 *  3. **No blocking.** In process a driver reads only /sys and /proc; whatever touches a share's path runs in a child
 *     through `Exec`, with the deadline of the call.
 */
import type { Exec, Fence } from '../../exec/exec.ts'
import type { HostLock } from '../../exec/host-lock.ts'
import type { Static, TSchema } from 'typebox'

// ---------------------------------------------------------------------------------------------------- outcomes

export type Outcome =
  /** The world is as it was before the call. */
  | 'nothing-happened'
  /** The call may have taken effect (deadline, lost connection): it is repeated with the same arguments. */
  | 'maybe-happened'
  /** This pool can't take the share; another might. Goes back to the scheduler. */
  | 'no-room-here'

/** What the failure is about, where a user message of its own exists (api.md §1 calls these detail ids). */
export type DriverReason =
  | 'shrink-would-lose-data'
  | 'access-type-unsupported'
  | 'access-level-unsupported'
  | 'client-forbidden'
  | 'size-mismatch'
  | 'not-found'
  | 'busy'
  /** What serves it has to let go of it before the call can do its work: the export is withdrawn and the call repeated. */
  | 'withdraw-first'
  /** The caller does not own the instance any more, or may not: whoever does repeats the work. */
  | 'fenced'
  | 'unsupported'
  | 'host-lacks'

/** The same in every copy of this file: an outside driver brings its own along, and so does each bundle. */
const brand: unique symbol = Symbol.for('manila.DriverError') as never

/** Whether a driver threw it on purpose, whichever copy of {@link DriverError} it is of. */
export const isDriverError = (error: unknown): error is DriverError =>
  typeof error === 'object' && error !== null && (error as { [brand]?: unknown })[brand] === true

/**
 * The only error a driver throws on purpose; told by {@link isDriverError}. Anything else that escapes is treated as `maybe-happened`, retried and
 * logged with its stack.
 */
export class DriverError extends Error {
  readonly outcome: Outcome
  /** Seconds after which a repeat may help; null when a repeat can't help until a person acts. */
  readonly retryAfterS: number | null
  readonly reason: DriverReason | null
  constructor(
    message: string,
    outcome: Outcome,
    options: ErrorOptions & { retryAfterS?: number | null; reason?: DriverReason } = {},
  ) {
    super(message, options)
    this.name = 'DriverError'
    this.outcome = outcome
    this.retryAfterS =
      options.retryAfterS === undefined ? (outcome === 'maybe-happened' ? 1 : null) : options.retryAfterS
    this.reason = options.reason ?? null
  }
  get [brand](): true {
    return true
  }
}

// ------------------------------------------------------------------------------------------------------- values

/** Strings a driver wants back with every later call on the same thing (a subvolume id, a dataset name). At most 4 KiB. */
export type DriverState = Readonly<Record<string, string>>

/** One share instance as its driver sees it. `id` is the share *instance* id and the key of idempotency. */
export interface ShareRef {
  readonly id: string
  readonly shareId: string
  readonly projectId: string
  /** `NFS`, `CIFS`, `CEPHFS`… */
  readonly protocol: string
  readonly sizeGib: number
  /** The pool's name within this backend (the part after `#`). */
  readonly pool: string
  /** What create, clone or manage returned; empty before the first of them. */
  readonly state: DriverState
  /** Extra specs of the share type. */
  readonly specs: Readonly<Record<string, string>>
  /** A name the tenant chose for the last element of the export path, already validated; usually null. */
  readonly mountPointName: string | null
}

/** One snapshot instance as its driver sees it. `id` is the snapshot *instance* id. */
export interface SnapshotRef {
  readonly id: string
  readonly snapshotId: string
  readonly share: ShareRef
  /** Size of the share when the snapshot was taken, GiB. */
  readonly sizeGib: number
  readonly state: DriverState
}

/** A directory that an exporter can publish. */
export interface Tree {
  /** Absolute path on the node(s) that serve the backend. */
  readonly path: string
  /** True for trees that must never be written through an export (snapshots). */
  readonly readOnly: boolean
  /** Present when `path` is inside a CephFS, which a server reads by itself, and not a directory of this host. */
  readonly ceph?: {
    readonly filesystem: string
    /** Whom to serve it as; only in what an exporter is given to publish, see {@link StorageDriver.serverUsers}. */
    readonly user?: ServerUser
  }
  /** Present when `path` is the root of a file system that holds this tree and nothing else. */
  readonly fileSystem?: OwnFileSystem
}

/** A user of the storage. The key is a secret: it is kept where the server reads it, and nowhere else. */
export interface ServerUser {
  readonly name: string
  readonly key: string
}

/**
 * What an exporter has to find behind {@link Tree.path} before it serves it, and in every handle that its server gives
 * out. Unchanged for as long as the tree exists, restarts of the host included.
 */
export interface OwnFileSystem {
  /** Of the file system, lower case with dashes; no other tree of the host has it. */
  readonly uuid: string
  /** Absolute path of the file or device that holds it. */
  readonly backing: string
}

export interface CreatedShare {
  readonly state: DriverState
  /** Null when no exporter could publish it, which only shares of a native protocol may say. */
  readonly tree: Tree | null
}

/** What every call gets besides its arguments. */
export interface CallContext {
  readonly log: DriverLog
  /** Milliseconds this call may take in all. */
  readonly deadlineMs: number
  readonly signal: AbortSignal
  /** Passed to `exec.run` for every command that changes something. Null for reads. */
  readonly fence: Fence | null
  /** Tells the user how far a long call is, 0–100. */
  progress(percent: number): void
}

export interface DriverLog {
  debug?(fields: object, message: string): void
  info(fields: object, message: string): void
  warn(fields: object, message: string): void
  error(fields: object, message: string): void
}

// ------------------------------------------------------------------------------------------------------- pools

/**
 * One pool as reported every interval. Capability fields that follow from abilities (`snapshot_support`…) are added by
 * the share manager; `extra` holds whatever else extra specs may ask for.
 */
export interface PoolReport {
  readonly name: string
  /** GiB, fractions allowed; null = the backend can't tell ("unknown" on the wire). */
  readonly totalGib: number | null
  /**
   * GiB free, space of deleted but not yet cleaned trees excluded: as the file system counts it, or less, where the driver knows what
   * of that it has promised already.
   */
  readonly freeGib: number | null
  /** True when sizes are promises rather than reserved space. */
  readonly thin: boolean
  readonly extra: Readonly<Record<string, string | number | boolean | readonly string[]>>
}

// ------------------------------------------------------------------------------------------------------- sizes

/** How full something is, from the file system's own counters, in bytes. */
export interface Measurement {
  readonly id: string
  /** What the user fills: counts against the size. */
  readonly usedBytes: number | null
  /** All bytes reachable from here, shared ones included. */
  readonly referencedBytes: number | null
  /** Bytes that would come back if only this were deleted. */
  readonly exclusiveBytes: number | null
  /** For each null above, why the file system can't tell; null when there is no null. */
  readonly reason: string | null
  /** `btrfs-qgroup`, `cephfs-rstat`, `statfs`, `walk-refused`… */
  readonly method: string
  /** Microseconds since the epoch. */
  readonly measuredAtUs: number
}

// ---------------------------------------------------------------------------------------------------- the core

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

// ----------------------------------------------------------------------------------------------- the abilities

/** Point-in-time copies that survive changes of the share. */
export interface Snapshots {
  create(call: CallContext, snapshot: SnapshotRef): Promise<{ readonly state: DriverState }>
  delete(call: CallContext, snapshot: SnapshotRef): Promise<void>
}

/** A new share filled from a snapshot of another one in the same backend. `share.sizeGib` ≥ `snapshot.sizeGib`. */
export interface ClonesFromSnapshot {
  clone(call: CallContext, share: ShareRef, snapshot: SnapshotRef): Promise<CreatedShare>
}

/**
 * The share's content and size become the snapshot's. A revert repeated after it already took effect may run again only
 * if that loses nothing the user wrote since: drivers record the operation id in the state they keep.
 */
export interface Reverts {
  revert(
    call: CallContext,
    share: ShareRef,
    snapshot: SnapshotRef,
    operationId: string,
  ): Promise<CreatedShare>
}

/** A snapshot as a read-only tree, for an exporter. */
export interface MountsSnapshots {
  tree(call: CallContext, snapshot: SnapshotRef): Promise<Tree>
  /** Undoes what {@link tree} attached. */
  release(call: CallContext, snapshot: SnapshotRef): Promise<void>
}

/** Throws reason `shrink-would-lose-data` and changes nothing when the share holds more than `newSizeGib`. */
export interface Shrinks {
  /**
   * Present where a smaller share is another tree, which the content is copied into: clients must not write meanwhile, so the share
   * is withdrawn before {@link shrink}, and {@link StorageDriver.ensure} answers afterwards where it is. Asked before that, so that
   * nobody is cut off for nothing: throws what `shrink` would throw, and changes nothing.
   */
  moves?(call: CallContext, share: ShareRef, newSizeGib: number): Promise<void>
  shrink(call: CallContext, share: ShareRef, newSizeGib: number): Promise<void>
}

/** Takes over a tree that exists in the backend without a row, and lets go of one without touching its data. */
export interface Manages {
  /** `exportPath` as the administrator typed it: validate, never trust. Answers the size in GiB, rounded up. */
  manage(
    call: CallContext,
    share: ShareRef,
    exportPath: string,
    options: Readonly<Record<string, string>>,
  ): Promise<CreatedShare & { readonly sizeGib: number }>
  unmanage(call: CallContext, share: ShareRef): Promise<void>
}

export interface ManagesSnapshots {
  manage(
    call: CallContext,
    snapshot: SnapshotRef,
    providerLocation: string,
    options: Readonly<Record<string, string>>,
  ): Promise<{ readonly state: DriverState; readonly sizeGib: number }>
  unmanage(call: CallContext, snapshot: SnapshotRef): Promise<void>
}

/** Both only look, and cost about one command. */
export interface Watches {
  /** Asked each second where a pool is near its reserve. */
  room(call: CallContext): Promise<readonly PoolRoom[]>
  /** Ids of share and snapshot instances whose trees are there and answer no more: making them ready again may help. */
  failed(call: CallContext): Promise<readonly string[]>
}

/**
 * Storage that keeps more for a share than the share was given, until what it uses of that is written anew. Nobody else is promised
 * that room, so it costs what others could have.
 */
export interface Compacts {
  /**
   * The shares that hold more alone than they were given, or may come to, where that is why a pool can promise no more; asked every few
   * seconds, and costs about one command.
   */
  exceeding(call: CallContext): Promise<readonly Exceeding[]>
  /**
   * Works on one share for some seconds, so slowly that others don't notice. Its clients go on, and nothing that was acknowledged is
   * lost wherever it is cut short. Whoever calls about the same share meanwhile waits for a small part of a second.
   */
  compact(call: CallContext, id: string): Promise<Compacted>
}

export interface Exceeding {
  /** Share instance id. */
  readonly id: string
  readonly heldBytes: number
  readonly givenBytes: number
  /** More than the operator lets be. */
  readonly tooMuch: boolean
}

export interface Compacted {
  readonly movedBytes: number
  /** What it holds now. */
  readonly heldBytes: number
  /** Milliseconds for which others who called about the share had to wait, at most. */
  readonly longestWaitMs: number
  /**
   * `done`; `time` is over: call again; `busy`: somebody is at work with it; `room`: there is not enough to do it safely; `nothing`
   * that could be moved is left, or the operator does not want it.
   */
  readonly end: 'done' | 'time' | 'busy' | 'room' | 'nothing'
}

/** What is left of a pool for clients to write. */
export interface PoolRoom {
  readonly name: string
  readonly freeBytes: number
  readonly totalBytes: number
  /** Below it clients should not write any more; 0: they always may. */
  readonly reserveBytes: number
}

/** Sizes from the file system's counters. One call measures a whole batch; no directory is ever walked. */
export interface Measures {
  measure(
    call: CallContext,
    shares: readonly ShareRef[],
    snapshots: readonly SnapshotRef[],
    /** Ask the file system to bring its counters up to date first (a sync, not a walk). */
    options: { readonly refresh: boolean },
  ): Promise<readonly Measurement[]>
}

// --------------------------------------------------------------------------------------------------- exporters

export interface ExportLocation {
  readonly path: string
  readonly preferred: boolean
  readonly adminOnly: boolean
}

export interface ExportRule {
  readonly id: string
  /** `ip`, `user`, `cert`, `cephx`. */
  readonly type: string
  /**
   * Already in canonical form: `10.0.0.0/24`, `10.0.0.7`, `alice`. Never `0.0.0.0` or `::`, nor IPv4 in IPv6 notation. A network means
   * its own kind of address: `::/0` lets no IPv4 client in.
   */
  readonly to: string
  readonly level: 'rw' | 'ro'
}

/** What became of a rule; a rule in error doesn't stop the others. */
export interface RuleOutcome {
  readonly id: string
  readonly state: 'active' | 'error'
  readonly accessKey: string | null
  /** A sentence for the owner when `state` is `error`. */
  readonly why: string | null
  readonly reason: DriverReason | null
  /**
   * Of a client that no rule of the set lets in and that could not be taken away all the same; `id` then says nothing. Its denial has
   * failed, and it alone.
   */
  readonly stays?: Pick<ExportRule, 'type' | 'to'>
}

export interface ExportRef {
  /** Share instance id or snapshot instance id: the key of idempotency. */
  readonly id: string
  /** Empty where only the id is known, which is enough to unpublish. */
  readonly protocol: string
  /** Whose it is; empty where only the id is known. */
  readonly projectId: string
  /** What the driver answered for the share or snapshot; empty where only the id is known. */
  readonly state: DriverState
  readonly tree: Tree | null
  /** Last element of the export path; `id` when the tenant chose none. */
  readonly name: string
}

/** What a server of exports can't hold more of. */
export interface ExportLimits {
  /**
   * Rules that one export may have, where a network that the server takes only address by address counts as its addresses. So many are
   * taken; those beyond have the outcome `error`.
   */
  readonly rulesPerExport?: number
  /** Exports that one server may have at once. A `publish` beyond them ends in `no-room-here`, and the others stay as they are. */
  readonly exportsPerServer?: number
  /** Whom one server is for. */
  readonly serverPer: 'backend' | 'project'
}

/** How trees reach clients: by an {@link Exporter}, or natively by the driver (`StorageDriver.native`). */
export interface Publishes {
  readonly protocols: readonly string[]
  /** `[protocol, access type]` pairs that {@link applyRules} accepts. */
  readonly accessTypes: readonly (readonly [string, string])[]
  /**
   * Where the driver separates clients: what a client that is admitted to one export can still see or do of others, as a
   * sentence for users. Absent: this exporter was never attacked by the kit, and nothing is promised.
   */
  readonly leftOpen?: string
  /** Absent: none that anybody could meet. What lies beyond is refused before an exporter is asked. */
  readonly limits?: ExportLimits
  /** True: it keeps records and opens nothing, so there are no clients to keep apart. */
  readonly pretends?: boolean
  /** Publishes (to nobody, until rules say otherwise). Repeating it with another tree moves the export to that tree. */
  publish(call: CallContext, target: ExportRef): Promise<readonly ExportLocation[]>
  /** Nothing published under the id afterwards; clients of other exports notice nothing. */
  unpublish(call: CallContext, target: ExportRef): Promise<void>
  /**
   * Makes the full set of rules true. Order of `rules` does not matter; absent clients lose access. A rule that can't be applied has the
   * outcome `error` with a sentence and a reason, and the others are applied: throwing is for what is no rule's fault. Whoever throws
   * `unsupported`, or `nothing-happened` without a reason or a time to repeat, for a whole set is asked for parts of it until the bad
   * rules are found. Throws `not-found` when the share isn't published. A rule's key (cephx) is the same at every call.
   */
  applyRules(
    call: CallContext,
    target: ExportRef,
    rules: readonly ExportRule[],
  ): Promise<readonly RuleOutcome[]>
  /** Ids of everything published. */
  inventory(call: CallContext): Promise<readonly string[]>
  /**
   * Ids whose exports are there and can't be read: the next `publish` writes them anew, and `unpublish` takes them away like any other.
   * Absent: there are no such.
   */
  damaged?(call: CallContext): Promise<readonly string[]>
  /** What is wrong although it works, as sentences for operators. Asked every few seconds: answers from memory. */
  troubles?(): readonly string[]
  /**
   * Every tree that could be made ready again after a restart of the host is: servers that waited for more start with
   * what is there. Called after each check of all shares; does nothing when no server waits.
   */
  settled?(call: CallContext): Promise<void>
}

/** Publishes trees of any driver through a server of its own. */
export interface Exporter extends Publishes {
  readonly name: string
  /** As {@link StorageDriver.setup}; starts or finds again the daemon, which outlives this process. */
  setup(call: CallContext): Promise<void>
  /** With `detach` the daemon is ended; without, it goes on serving clients. */
  stop(call: CallContext, options: { detach: boolean }): Promise<void>
}

// ---------------------------------------------------------------------------------------------------- factories

/** What a driver or exporter is built from. `dir` belongs to this backend alone and survives restarts. */
export interface Parts {
  readonly exec: Exec
  readonly log: DriverLog
  /** `alpha` in `host@alpha`. */
  readonly backend: string
  /** Absolute, exists, mode 0700. */
  readonly dir: string
  /** Microseconds since the epoch. */
  now(): number
  /** One holder per file on this host, for what several processes of it must not do at once. */
  readonly lock: HostLock
  /** How often the operator lets the space of a pool be promised; absent: see {@link StorageDriver.overSubscription}. */
  readonly overSubscription?: number
  /** For metrics: a server of an exporter died and was started again. */
  readonly restarted?: () => void
  /** For exporters: what the backend's driver says of itself. */
  readonly storage?: Pick<StorageDriver, 'name' | 'separates'>
}

/** One entry of `drivers/index.ts` or `exporters/index.ts`: options as a schema, so the reference page writes itself. */
export interface Factory<Product, Options extends TSchema = TSchema> {
  readonly name: string
  readonly options: Options
  create(options: Static<Options>, parts: Parts): Product
  /** What a backend with these options, all defaults filled in, will want of the host; touches nothing. `dir` as in {@link Parts}. */
  wants?(options: Static<Options>, dir: string): Wants
}

/** Told before anything is started, so that a configuration can be checked where it does not run. Paths are absolute. */
export interface Wants {
  /** Where it listens; port 0 is any that is free. */
  readonly listens?: readonly { readonly host: string; readonly port: number }[]
  /** Where it keeps its shares: nobody else may. */
  readonly keeps?: readonly string[]
  /** What it makes, or makes things below. */
  readonly writes?: readonly string[]
  readonly reads?: readonly string[]
  /** Sentences about what can't work. */
  readonly problems?: readonly string[]
}

export type DriverFactory<Options extends TSchema = TSchema> = Factory<StorageDriver, Options>
export type ExporterFactory<Options extends TSchema = TSchema> = Factory<Exporter, Options>

/** Keeps the option types while declaring a factory. */
export function driverFactory<Options extends TSchema>(
  factory: DriverFactory<Options>,
): DriverFactory<Options> {
  return factory
}

/** As {@link driverFactory}, for exporters. */
export function exporterFactory<Options extends TSchema>(
  factory: ExporterFactory<Options>,
): ExporterFactory<Options> {
  return factory
}
