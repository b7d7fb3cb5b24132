/** The abilities that a driver declares by having them. */
import type { Measurement } from './reports.ts'
import type { CallContext, CreatedShare, DriverState, ShareRef, SnapshotRef, Tree } from './values.ts'

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
