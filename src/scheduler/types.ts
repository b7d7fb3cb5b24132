/** The values placement works on: what a pool is, what a request asks, what filters and weighers are. */
import type { CompiledSpec } from '../model/extra-spec-match.ts'
import type { ExtraSpecs, PlacedType } from '../model/extra-specs.ts'
import type { PoolSpace } from '../model/pool-capacity.ts'

/** One pool as the scheduler sees it: row, last statistics and the state of its service. */
export interface PoolView extends PoolSpace {
  readonly id: string
  readonly backendId: string
  /** `host@backend#pool`, unique. */
  readonly label: string
  /** `host@backend` */
  readonly backendLabel: string
  readonly host: string
  /** The capability `share_backend_name`. */
  readonly backendName: string
  readonly poolName: string
  readonly zone: { readonly id: string; readonly name: string }
  /** The service's heartbeat is recent enough. */
  readonly serviceUp: boolean
  /** No administrator disabled the service. */
  readonly enabled: boolean
  /** Why the backend takes no new shares, although it serves those it has; a sentence. Null: it takes them. */
  readonly closed: string | null
  /** Microseconds: when what it has free was asked for. */
  readonly measuredAtUs: number
  /** Manila's capability names; the backend's with the pool's on top. Values come from a driver: trust no type. */
  readonly capabilities: Readonly<Record<string, unknown>>
  /** The capability `goodness_function`; null where there is no text. */
  readonly goodness: string | null
}

/** A share named by a scheduler hint, with the labels of the pools that hold its instances; null when unknown. */
export interface HintedShare {
  readonly shareId: string
  readonly pools: readonly string[] | null
}

export type PlacementKind = 'create' | 'extend' | 'manage' | 'replica' | 'group'

/** Everything a placement depends on. {@link placementRequest} fills in what does not apply. */
export interface PlacementRequest {
  readonly kind: PlacementKind
  /** GiB: the whole size, for `extend` the increase, for `group` 0. */
  readonly sizeGib: number
  /** Null for groups, and for a share for which no type was given and there is no default. */
  readonly shareType: PlacedType | null
  /** `NFS`, `CIFS`…; null for groups. */
  readonly shareProto: string | null
  /** Null for groups. */
  readonly share: {
    readonly id: string
    readonly projectId: string
    /** What `share.*` means in filter and goodness functions, beyond id, size, project_id and share_proto. */
    readonly fields?: Readonly<Record<string, unknown>>
  } | null
  /** Pool of the snapshot the share is made from. */
  readonly snapshotPool: string | null
  readonly snapshotZoneId: string | null
  readonly useSchedulerCreatingShareFromSnapshot: boolean
  /** The zone the user asked for. */
  readonly availabilityZoneId: string | null
  /** Names of the zones the share type allows; empty allows all. */
  readonly availabilityZones: readonly string[]
  /** By zone id: true when the share network has several subnets there. */
  readonly azMultipleSubnetSupport: Readonly<Record<string, boolean>>
  /** Hint `only_host`, when the requester may use it: a pool label. */
  readonly onlyHost: string | null
  readonly sameHost: readonly HintedShare[]
  readonly differentHost: readonly HintedShare[]
  /** Hint `query`: the JSON text. */
  readonly query: string | null
  /** Pool label of the active replica, and of all replicas of the share. */
  readonly activeReplicaHost: string | null
  readonly allReplicaHosts: readonly string[]
  /** Labels of pools that were tried for this request and had no room. */
  readonly excludedPools: readonly string[]
  /** Group specs of the share group type. */
  readonly groupSpecs: ExtraSpecs
}

/** A request with what follows from it and the pools, worked out once. */
export interface PreparedRequest extends PlacementRequest {
  /** The type's specs as the capabilities filter reads them. */
  readonly requirements: readonly CompiledSpec[]
  /** Capability `replication_domain` of the pools named; null when there is none. */
  readonly activeReplicaDomain: string | null
  readonly snapshotDomain: string | null
}

/** Null: the pool may be used. Otherwise a sentence with the numbers. */
export type Judge = (pool: PoolView) => string | null

/**
 * Says no, never how good. `judge` is called once per placement and its answer once per pool; both are pure and total:
 * capabilities come from drivers and may hold anything.
 */
export interface Filter {
  /** Manila's name, as in the option `scheduler_default_filters`. */
  readonly name: string
  judge(request: PreparedRequest): Judge
}

/** Says how good, never no. */
export interface Weigher {
  /** Manila's name, as in the option `scheduler_default_weighers`. */
  readonly name: string
  /**
   * What of the request the scores depend on: requests of which this is the same get the same scores. Null: on more than can be said.
   * Where it is asked of nothing but the pools, ''.
   */
  basis(request: PlacementRequest): string | null
  /**
   * One finite number per pool, in order; any scale, larger is better. Null: all are alike to it. `multiplier` is what the result is
   * multiplied by.
   */
  scores(pools: readonly PoolView[], request: PreparedRequest, multiplier: number): ArrayLike<number> | null
}

/** Why one pool was refused. */
export interface Refusal {
  /** Label. */
  readonly pool: string
  readonly filter: string
  readonly why: string
}
