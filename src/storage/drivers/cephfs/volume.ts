/**
 * Where things are on a CephFS. A share is a subvolume of the backend's group, named after its instance id; a snapshot
 * is a snapshot of that subvolume, named after its instance id. Ceph can't rename either, so what was taken over keeps
 * its name, and links beside the group say whose it is:
 *
 *     /volumes/<group>/<subvolume>/<Ceph's own id>          what clients mount
 *     /volumes/_manila/<group>/owners/<subvolume>           → instance id that took it over, or `-`: let go
 *     /volumes/_manila/<group>/owners/<subvolume>@<name>    the same for a snapshot
 *     /volumes/_manila/<group>/names/<instance id>          → name of what that instance took over
 *     /volumes/_manila/<group>/published/<instance id>      native exports
 */
import { DriverError } from '../../contract/driver.ts'
import { agentOf, expectAll } from './agent.ts'
import type { Helper } from '../../../exec/helper.ts'
import type { CallContext, CreatedShare, DriverState, ShareRef, SnapshotRef } from '../../contract/driver.ts'
import type { Agent, Step, StepResult } from './agent.ts'
import type { CephfsOptions } from './config.ts'

export const gib = 1024 ** 3
/** Begins the name of every user as whom NFS is served; no rule of a tenant may name one. */
export const serverPrefix = 'manila-nfs-'
/** The owner of what was let go. */
export const nobody = '-'

const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/
/** Names an administrator may have given: no leading dot, dash or underscore, nothing that walks. */
const plainName = /^[A-Za-z0-9][A-Za-z0-9._-]{0,200}$/

/** What setup found out. */
export interface Site {
  readonly options: CephfsOptions
  /** Where new shares are laid out. */
  readonly dataPool: string
  readonly statePool: string
}

/** One call's view of the file system. */
export interface Volume extends Site {
  readonly agent: Agent
}

export const volumeOf = (site: Site, child: Helper, call: CallContext): Volume => ({
  ...site,
  agent: agentOf(child, call, site.options, site.statePool),
})

/** The id itself when it is a uuid in canonical form; ids become names, so nothing else passes. */
export function checkedId(id: string): string {
  if (uuid.test(id)) return id
  throw new DriverError(`not an instance id: ${JSON.stringify(id.slice(0, 64))}`, 'nothing-happened')
}

export const isId = (name: string): boolean => uuid.test(name)
export const isPlainName = (name: string): boolean => plainName.test(name)

export function checkedName(name: string): string {
  if (plainName.test(name)) return name
  throw new DriverError(`not a name: ${JSON.stringify(name.slice(0, 64))}`, 'nothing-happened')
}

/** Paths below /volumes, as steps want them. */
export const places = (options: CephfsOptions) => {
  const records = `/_manila/${options.subvolume_group}`
  return {
    group: `/${options.subvolume_group}`,
    owners: `${records}/owners`,
    owner: (subvolume: string) => `${records}/owners/${checkedName(subvolume)}`,
    snapshotOwner: (subvolume: string, name: string) =>
      `${records}/owners/${checkedName(subvolume)}@${checkedName(name)}`,
    name: (id: string) => `${records}/names/${checkedId(id)}`,
    namesAll: `${records}/names`,
    published: (id: string) => `${records}/published/${checkedId(id)}`,
    publishedAll: `${records}/published`,
  }
}

/** A command of Ceph's volumes module on a subvolume of this backend. */
export function subvolume(
  { options }: Site,
  verb: string,
  name: string,
  args: Readonly<Record<string, string | number | boolean>> = {},
): Extract<Step, { do: 'mgr' | 'mon' }> {
  const command = {
    prefix: `fs subvolume ${verb}`,
    vol_name: options.filesystem,
    sub_name: checkedName(name),
    group_name: options.subvolume_group,
    ...args,
  }
  return { do: 'mgr', command }
}

/** A command on a clone that may still be being filled. A cancel that comes too late is no failure. */
export function cloneCommand({ options }: Site, verb: 'status' | 'cancel', name: string): Step {
  const command = {
    prefix: `fs clone ${verb}`,
    vol_name: options.filesystem,
    clone_name: checkedName(name),
    group_name: options.subvolume_group,
  }
  return { do: 'mgr', command, ok: verb === 'cancel' ? 'any' : [0] }
}

/** Refuses to go on unless the subvolume is the share instance's: neither let go nor taken over by another. */
export function belongsTo({ options }: Site, name: string, id: string): Step {
  return { do: 'expect', path: places(options).owner(name), value: name === id ? null : id }
}

/** Name of the share's subvolume: as the state says, or else as the records do. Null when it was let go. */
export async function nameOf(volume: Volume, share: ShareRef): Promise<string | null> {
  const id = checkedId(share.id)
  const at = places(volume.options)
  const steps: Step[] = [
    { do: 'readlink', path: at.name(id) },
    { do: 'readlink', path: at.owner(id) },
  ]
  const [taken, owner] = expectAll(steps, await volume.agent.look(steps)).map(({ value }) => value)
  if (typeof taken === 'string') return checkedName(taken)
  return owner === null ? id : null
}

/** As {@link nameOf} where one look can be saved, because what follows would notice that it isn't there. */
export function knownName({ id, state }: Pick<ShareRef, 'id' | 'state'>): string {
  return state['subvolume'] === undefined ? checkedId(id) : checkedName(state['subvolume'])
}

/** Name of the snapshot within its subvolume. */
export function snapshotName({ id, state }: SnapshotRef): string {
  return state['snapshot'] === undefined ? checkedId(id) : checkedName(state['snapshot'])
}

/** What `fs subvolume info` says. */
export interface Info {
  /** Absolute, below /volumes: what clients mount. */
  readonly path: string
  readonly usedBytes: number
  /** Null: no limit. */
  readonly quotaBytes: number | null
  /** `127.0.0.1:6789`, as kernel clients want them. */
  readonly monitors: readonly string[]
}

/** Reads the answer of `info`. Throws when Ceph says something that is no subvolume's. */
export function infoFrom(result: StepResult): Info {
  const raw = JSON.parse(result.out ?? '{}') as {
    path?: string
    bytes_used?: number
    bytes_quota?: number | string
    mon_addrs?: readonly string[]
  }
  if (typeof raw.path !== 'string' || !raw.path.startsWith('/volumes/'))
    throw new DriverError('fs subvolume info: no path in the answer', 'maybe-happened', { retryAfterS: 5 })
  return {
    path: raw.path,
    usedBytes: raw.bytes_used ?? 0,
    quotaBytes: typeof raw.bytes_quota === 'number' ? raw.bytes_quota : null,
    monitors: raw.mon_addrs ?? [],
  }
}

/** What a step `sizes` found, in the order asked; null for what isn't there. */
export function sizesFrom(result: StepResult | undefined): readonly (number | null)[] {
  return (result?.value ?? []) as readonly (number | null)[]
}

/** Runs steps and throws unless all went well. */
export async function lookAll(volume: Volume, steps: readonly Step[]): Promise<readonly StepResult[]> {
  return expectAll(steps, await volume.agent.look(steps))
}

/** As {@link lookAll} for steps that change something, as the owner of share instance `id`. */
export async function changeAll(
  volume: Volume,
  id: string,
  steps: readonly Step[],
): Promise<readonly StepResult[]> {
  return expectAll(steps, await volume.agent.change(checkedId(id), steps))
}

/** What create, clone, manage and ensure answer. */
export function createdShare({ options }: Site, share: ShareRef, name: string, info: Info): CreatedShare {
  const state: DriverState = { subvolume: name, path: info.path, project: share.projectId }
  return { state, tree: { path: info.path, readOnly: false, ceph: { filesystem: options.filesystem } } }
}
