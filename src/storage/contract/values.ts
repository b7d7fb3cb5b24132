/** What drivers and exporters are handed and answer: plain values. */
import type { Fence } from '../../exec/exec.ts'

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
