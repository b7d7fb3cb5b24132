/** What a verb is to the races: what must be so, and what is so afterwards. */
import type { Ctx } from '../../../src/app/context.ts'
import type { Allows, ShareStatus, SnapshotStatus } from '../../../src/model/states.ts'
import type { GroupState } from './group-verbs.ts'
import type { Subject } from './world.ts'

/** What verbs look at. */
export interface State {
  readonly share: ShareStatus
  readonly softDeleted: boolean
  /** Of the snapshot that was there from the beginning; null: there was none, or it is not the newest any more. */
  readonly snapshot: SnapshotStatus | null
  readonly snapshots: number
  readonly newest: boolean
  readonly deleteLocks: number
  readonly rule: 'active' | 'queued_to_update' | 'queued_to_deny'
  readonly ruleLocked: boolean
  /** The backend has all rules. */
  readonly applied: boolean
  /** What is there under a name that only one may have: a provider location, a rule. */
  readonly taken: readonly string[]
  readonly type: 'none' | 'unused' | 'used'
  /** Whether there is a share at all. */
  readonly there: boolean
  /** The share group, where that is what is raced for. */
  readonly group: GroupState | null
}

export interface Verb {
  readonly name: string
  /** Its row in the state tables; null for one that no status of the share or snapshot stops. */
  readonly table: Allows<string> | null
  /** The policy rules it asks, as the finders in `src/app` are given them. */
  readonly policies: readonly string[]
  readonly may: (state: State) => boolean
  readonly after: (state: State) => State
  /** Rejects when refused; answers false when it did nothing. */
  readonly run: (ctx: Ctx, subject: Subject) => Promise<unknown>
}

export const newShare = {
  protocol: 'NFS',
  sizeGib: null,
  name: null,
  description: null,
  shareType: null,
  shareNetworkId: null,
  availabilityZone: null,
  metadata: {},
  isPublic: false,
  shareGroupId: null,
  hints: {},
  mountPointName: null,
  encryptionKeyRef: null,
}
