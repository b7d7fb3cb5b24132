/**
 * Shares that hold more of the pool than their image is long. btrfs keeps an extent whole while one block of it is in use: what
 * is overwritten after a snapshot, or deleted and written again, lies in new extents beside the old ones. Such a share is
 * compacted: what is still in use of those is written once more, and they go (`extents.pl`,
 * docs/decisions/0036-groups-that-exceed.md).
 */
import { DriverError, isDriverError } from '../../contract/driver.ts'
import { imageIn } from './layout.ts'
import { carryOut } from './plan.ts'
import { lockOf, seenFile } from './pool.ts'
import type { Commands } from '../../host/commands.ts'
import type { Compacted, Exceeding } from '../../contract/driver.ts'
import type { Step } from './plan.ts'
import type { Pool } from './pool.ts'

const mib = 1024 ** 2
/** Seconds of one call: long enough that the look at all extents, which begins it, is the smaller part. */
const callSeconds = 20
/** What is begun is brought down to half of what is let be, so that a share does not come back at once. */
const downTo = 0.5

const ends: readonly Compacted['end'][] = ['done', 'time', 'busy', 'room', 'nothing']

/**
 * Every share whose quota group has more alone than its image is long, by one command; with `lacksRoom` also those for which the pool
 * promises twice what is older than a snapshot that is gone.
 */
export async function exceedingIn(
  commands: Commands,
  pool: Pool,
  lacksRoom: boolean,
): Promise<readonly Exceeding[]> {
  if (pool.qgroups.inconsistent()) return []
  const where = [pool.layout.shares, pool.qgroups.folder, seenFile(pool)]
  const { said } = await carryOut(commands, [['exceeding', ...where, lacksRoom ? '1' : '']])
  return parseExceeding(said.get('exceeding') ?? '', pool.options.compact_above_percent)
}

/** `ID:GROUP:IMAGE:OLD`, separated by commas. */
export function parseExceeding(text: string, abovePercent: number): readonly Exceeding[] {
  return text
    .split(',')
    .filter((one) => one !== '')
    .map((one) => {
      const [id = '', held, given, old] = one.split(':')
      const [heldBytes, givenBytes] = [Number(held), Number(given)]
      const letBe = (givenBytes * abovePercent) / 100
      return { id, heldBytes, givenBytes, tooMuch: heldBytes > givenBytes + letBe || Number(old) > letBe }
    })
}

/**
 * Compacts one share for some seconds; with `lacksRoom` what is older than its last snapshot is written anew, too. Switched off, or where
 * the share is gone, it does nothing.
 */
export async function compactShare(
  commands: Commands,
  pool: Pool,
  id: string,
  lacksRoom: boolean,
): Promise<Compacted> {
  const { compact_mib_per_s: rate, compact_above_percent: above } = pool.options
  const nothing = { movedBytes: 0, heldBytes: 0, longestWaitMs: 0, end: 'nothing' } as const
  if (rate === 0) return nothing
  try {
    const { bytes } = await carryOut(commands, [['identify', imageIn(pool.layout.share(id))]])
    const target = Math.floor(bytes * (1 + (downTo * above) / 100))
    const goal = { target, rate: rate * mib, seconds: callSeconds, renew: lacksRoom }
    const { said } = await carryOut(commands, [compactStep(pool, id, goal)])
    const end = ends.find((one) => one === said.get('why'))
    if (end === undefined)
      throw new DriverError(`compacting ${id} did not say how it ended`, 'maybe-happened')
    return {
      movedBytes: Number(said.get('moved')),
      heldBytes: Number(said.get('alone')),
      longestWaitMs: Number(said.get('longest')),
      end,
    }
  } catch (error) {
    if (isDriverError(error) && error.reason === 'not-found') return nothing
    throw error
  }
}

/** Brings the share's group towards `target` bytes, moving at most `rate` bytes a second, for so many seconds; `renew`: and what is old. */
export function compactStep(
  pool: Pick<Pool, 'layout' | 'qgroups' | 'host' | 'options'> & Pick<Pool, 'locks'>,
  id: string,
  goal: {
    readonly target: number
    readonly rate: number
    readonly seconds: number
    readonly renew?: boolean
  },
): Step {
  const { target, rate, seconds, renew = false } = goal
  const { layout, qgroups, host, options } = pool
  const numbers = [options.reserve_percent / 100, target, rate, seconds].map(String)
  return [
    'compact',
    lockOf(pool, id),
    layout.share(id),
    qgroups.folder,
    layout.root,
    host,
    ...numbers,
    renew ? '1' : '',
  ]
}

/** For the pool's report: what shares hold beyond their images, and why it is more than it may be, where nothing can be done. */
export function exceedingReport(
  found: readonly Exceeding[],
  stuck: ReadonlyMap<string, string>,
): { readonly exceeding_bytes: number; readonly exceeding_note?: string } {
  const holding = found.filter(({ heldBytes, givenBytes }) => heldBytes > givenBytes)
  const exceeding_bytes = holding.reduce((sum, { heldBytes, givenBytes }) => sum + heldBytes - givenBytes, 0)
  const whys = holding.flatMap(({ id, tooMuch }) => (tooMuch ? (stuck.get(id) ?? []) : []))
  if (whys.length === 0) return { exceeding_bytes }
  const many = whys.length === 1 ? 'a share holds' : `${whys.length} shares hold`
  return {
    exceeding_bytes,
    exceeding_note: `${many} more of the pool than was promised, and can't be compacted: ${[...new Set(whys)].join('; ')}`,
  }
}

/** Why a share that holds too much stays as it is, as part of a sentence; null where there is nothing to say. */
export function whyStuck({ end }: Compacted): string | null {
  if (end === 'room') return 'the pool has less free than its reserve and what that takes'
  if (end === 'nothing') return 'snapshots and copies have the rest too'
  return null
}
