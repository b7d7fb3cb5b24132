/** How trees reach clients. */
import type { DriverReason } from './errors.ts'
import type { CallContext, DriverState, Tree } from './values.ts'

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
