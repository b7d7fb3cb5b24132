/** The pool once it is set up, and what the verbs have in common. */
import { join } from 'node:path'
import { checkedId } from '../btrfs/layout.ts'
import { readRecord } from '../btrfs/records.ts'
import { isAbsent } from '../../host/commands.ts'
import { DriverError } from '../../contract/driver.ts'
import { mounts } from '../../host/mountinfo.ts'
import type { Attached } from '../btrfs/attach.ts'
import type { Qgroups } from '../btrfs/qgroups.ts'
import type { Commands } from '../../host/commands.ts'
import type { ImageOptions } from './config.ts'
import type { Layout } from './layout.ts'
import type { Step } from './plan.ts'

/** A pool that is attached, mounted and has its quota groups on. */
export interface Pool {
  readonly attached: Attached
  readonly layout: Layout
  readonly qgroups: Qgroups
  readonly options: ImageOptions
  /** The file that holds the pool; empty where none does. */
  readonly host: string
  /** How often its space may be promised. */
  readonly overSubscription: number
  /** Where images are mounted. */
  readonly exports: string
  /** A mount point that only private mount namespaces use. */
  readonly aside: string
  /** One file for each id that something is done with. */
  readonly locks: string
}

/** True when something is at that path. A disk that fails says so, and is not taken for an absence. */
export async function isThere(commands: Commands, path: string): Promise<boolean> {
  try {
    await commands.look(['stat', '--format', '%i', '--', path])
    return true
  } catch (error) {
    if (isAbsent(error)) return false
    throw error
  }
}

export const lockOf = (pool: Pick<Pool, 'locks'>, id: string): string => join(pool.locks, checkedId(id))

/** The first step of whatever is done with `id`. */
export const lockStep = (pool: Pool, id: string): Step => ['lock', lockOf(pool, id)]

export const writeRecordStep = (file: string, fields: Readonly<Record<string, string>>): Step => [
  'record',
  file,
  `${JSON.stringify(fields)}\n`,
]

/** Brings the copy of an image to a UUID of its own. */
export const renewStep = (pool: Pool, image: string, uuid: string): Step => ['renew', image, uuid, pool.aside]

/** What was seen of the pool's images, so that those that have not changed are not looked at again. */
export const seenFile = (pool: Pick<Pool, 'locks'>): string => join(pool.locks, '.seen')

/**
 * Throws `no-room-here` unless the pool can give `more` bytes beyond what it has promised, and once more what could be overwritten
 * in its place in the subvolumes `copied` (a snapshot of them makes that be written elsewhere). Others that ask wait for the step
 * `claimed`, or for the end.
 */
export function roomStep(pool: Pool, more: number, copied: readonly string[] = []): Step {
  const { layout, locks, qgroups, host, overSubscription, options } = pool
  // What may be promised, as a part of the whole, beyond what is free.
  const reserve = options.reserve_percent / 100
  const numbers = [more, overSubscription - 1 - reserve, reserve].map(String)
  const files = [join(locks, '.room'), layout.root, qgroups.folder, host, seenFile(pool)]
  return ['room', ...files, ...numbers, ...copied]
}

/** For what must exist: ensure, extend, snapshot… of something that isn't there. */
export function notFound(what: string): DriverError {
  return new DriverError(`${what} is not in the pool`, 'nothing-happened', { reason: 'not-found' })
}

/** What the pool's records say of a share. */
export interface Noted {
  /** The UUID of its image. */
  readonly own: string | undefined
  /** The copy that takes its place: `uuid`, the `operation` it is for, and `from`, the UUIDs of the image it replaces and of those before. */
  readonly replace: Readonly<Record<string, string>> | null
}

export async function notedOf(commands: Commands, pool: Pool, id: string): Promise<Noted> {
  const own = (await readRecord(commands, pool.layout.record(id, 'image')))?.['uuid']
  return { own, replace: await readRecord(commands, pool.layout.record(id, 'replace')) }
}

/**
 * The UUIDs that the image of a share may have, given what its state says (undefined: nothing). While a copy takes its place there
 * are two; a state from before that names the first.
 */
export function mayHave({ own, replace }: Noted, known: string | undefined): readonly string[] {
  const recorded = [own, replace?.['uuid']].filter((uuid) => uuid !== undefined)
  if (known === undefined || replace?.['from']?.split(',').includes(known) === true) return recorded
  return recorded.filter((uuid) => uuid === known)
}

/** Throws `no-room-here` when this host has as many images mounted as it may. */
export function checkMounts(pool: Pool): void {
  const { max_mounts: most } = pool.options
  const devices = new Set(
    mounts()
      .filter(({ fsType, source }) => fsType === 'xfs' && source.startsWith('/dev/loop'))
      .map(({ source }) => source),
  )
  if (devices.size < most) return
  throw new DriverError(
    `this host has ${devices.size} images mounted, and max_mounts is ${most}`,
    'no-room-here',
  )
}
