import type {
  DriverState,
  Exporter,
  Publishes,
  ShareRef,
  SnapshotRef,
  StorageDriver,
  Tree,
} from '../driver.ts'

/** What the kit is pointed at: one way of configuring one driver. */
export interface ConformanceTarget {
  readonly name: string
  /**
   * A backend for one check. It may be a fresh one or one that stands for all checks: the kit deletes what it makes
   * and looks only at ids of its own. It needs about 8 GiB of room in {@link pool} where limits are enforced.
   */
  make(): Promise<ConformanceBackend>
  /** Protocol of the shares it makes; default `NFS`. */
  readonly protocol?: string
  /** Pool it makes them in; default the first that the driver reports. */
  readonly pool?: string
  /** Extra specs of the shares it makes. */
  readonly specs?: Readonly<Record<string, string>>
  /** How to write and read content. Without it every check about content is reported as not declared. */
  readonly probes?: Probes
  readonly limits?: {
    /** Whether a share can hold more than its size. A driver that can't prevent it says false. */
    readonly enforcesSize: boolean
  }
  /** Milliseconds each driver call may take; default 60 000. */
  readonly deadlineMs?: number
}

export interface ConformanceBackend {
  readonly driver: StorageDriver
  readonly exporter?: Exporter
  /** `make` has set it up already, and stops it when all is over: the kit then does neither between two checks. */
  readonly standing?: boolean
  cleanup(): Promise<void>
  /** A new driver object on the same backend, as after a restart of the process. */
  reopen?(): Promise<StorageDriver>
  /** Makes the next `create` never answer by itself. */
  hangCreate?(): Promise<void>
  /** Makes the next `create` fail after part of its work. */
  breakCreate?(): Promise<void>
  /** What an administrator would type to manage the share again; default the path of its tree. */
  exportPath?(share: ShareRef, tree: Tree | null): string
  /** As {@link exportPath} for a snapshot; default `state.location`. */
  providerLocation?(snapshot: SnapshotRef, state: DriverState): string
  /** The `access_to` of every client that reaches the export now. */
  granted?(id: string): Promise<readonly string[]>
  /** How hostile NFS clients reach what it exports. Without it nobody attacks. */
  readonly hostile?: Hostile
}

/** What the attacks on NFS need besides the contract. The servers must let clients come from unprivileged ports. */
export interface Hostile {
  /** Addresses of this host that reach the servers: whoever attacks, another client of its project, a client of the other one. */
  readonly clients: { readonly attacker: string; readonly neighbour: string; readonly victim: string }
  /** Where the server of an export location listens, and the path to look up there. */
  reach(location: string): { readonly host: string; readonly port: number; readonly path: string }
  /** Tells the process that serves the export from every other and from its next run; null when none runs. */
  serverOf(id: string): Promise<string | null>
  /** Starts a server again that died, where nothing does so by itself. */
  revive?(): Promise<void>
  /** How often a server died and was started again, as the exporter counts. */
  deaths?(): number
}

/** Somewhere content can be. `id` is the share or snapshot instance id. */
export interface Place {
  readonly id: string
  readonly tree: Tree | null
}

/** Content is told apart by its seed: `bytes` bytes that follow from it and don't compress. */
export interface Content {
  readonly seed: string
  readonly bytes: number
}

export interface Probes {
  /**
   * Makes the place hold `content` alone, overwriting in place what is there, though not what is there of the same seed.
   * `full` when the limit stopped it.
   */
  write(place: Place, content: Content): Promise<'written' | 'full'>
  /** What the place holds; null when nothing was ever written. Throws when it is damaged. */
  read(place: Place): Promise<Content | null>
}

/** What a check can depend on. */
export type Need =
  | 'snapshots'
  | 'clones'
  | 'reverts'
  | 'mountsSnapshots'
  | 'shrinks'
  | 'manages'
  | 'managesSnapshots'
  | 'measures'
  | 'publishes'
  | 'rulesLimit'
  | 'exportsLimit'
  | 'probes'
  | 'enforcesSize'
  | 'reopen'
  | 'hangCreate'
  | 'breakCreate'
  | 'granted'
  | 'separates'
  | 'hostile'

/** Why the check can't be made of this target, or null. */
export function lacking(
  need: Need,
  target: ConformanceTarget,
  { driver, exporter, ...backend }: ConformanceBackend,
): string | null {
  const protocol = target.protocol ?? 'NFS'
  const publisher = [driver.native, exporter].find((one) => one?.protocols.includes(protocol))
  if (need === 'publishes') return publisher ? null : `no exporter for ${protocol} was given`
  if (need === 'rulesLimit') return rulesLimitLacks(publisher, protocol)
  if (need === 'exportsLimit') return exportsLimitLacks(publisher)
  if (need === 'probes') return target.probes ? null : 'the target has no probes'
  if (need === 'enforcesSize') return target.limits?.enforcesSize ? null : "the driver doesn't enforce sizes"
  if (
    need === 'reopen' ||
    need === 'hangCreate' ||
    need === 'breakCreate' ||
    need === 'granted' ||
    need === 'hostile'
  )
    return backend[need] ? null : `the target has no ${need}`
  return driver[need] ? null : `the driver doesn't declare ${need}`
}

function rulesLimitLacks(publisher: Publishes | undefined, protocol: string): string | null {
  if (publisher?.limits?.rulesPerExport === undefined) return 'no limit of rules is stated'
  const byAddress = publisher.accessTypes.some((pair) => pair[0] === protocol && pair[1] === 'ip')
  return byAddress ? null : 'its clients are not known by their addresses'
}

/** Exports that the kit makes at most, each of a share of its own. */
const manyExports = 64

function exportsLimitLacks(publisher: Publishes | undefined): string | null {
  const limit = publisher?.limits?.exportsPerServer
  if (limit === undefined) return 'no limit of exports is stated'
  return limit > manyExports ? `${limit} exports are more than the kit makes` : null
}
