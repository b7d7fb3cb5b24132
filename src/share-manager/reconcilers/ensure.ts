/**
 * Every share of a backend is what its row says: its tree mounted, its export published, its rules in force. Needed when
 * the configuration changed or the host restarted, else skipped; shares are served meanwhile.
 */
import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { mustBeOn, rulesOfInstance } from '../../db/store/access-mappings.ts'
import { backendById, setInfoHash } from '../../db/store/backends.ts'
import { recordMessage } from '../../db/store/records.ts'
import { changeInstance } from '../../db/store/share-instances.ts'
import { DriverError } from '../../drivers/driver.ts'
import type { Backend } from '../backend.ts'
import { LeaseLost, withLane, type LaneLease } from '../lane-lease.ts'
import type { BackendScope } from '../parts.ts'
import { loadShare, type ShareSubject } from '../refs.ts'
import { republish, wantedSnapshots } from './exports.ts'
import { forEachBounded } from '../../engine/periodic.ts'

/** Shares checked at once: many are quick, a slow one must not hold all up. */
const atOnce = 4
/** How often and after how many milliseconds a share is looked at again that had an operation under way. */
const busyRounds = 6
const busyPauseMs = 3000

export interface Ensured {
  readonly checked: number
  /** Left alone because operations were under way all the time. */
  readonly busy: number
  readonly failed: number
}

/** Checks everything if anything that matters changed since the last complete check. Null: nothing did. */
export async function ensureIfChanged(parts: BackendScope): Promise<Ensured | null> {
  const hash = await infoHash(parts.backend)
  const row = await backendById(parts.store.db, parts.backend.id)
  if (row?.info_hash === hash) return null
  const ensured = await ensureAll(parts, { show: false })
  if (ensured.failed + ensured.busy === 0) await setInfoHash(parts.store.db, parts.backend.id, hash)
  return ensured
}

export interface EnsureHow {
  /** Each share is `ensuring` while it is its turn. */
  readonly show: boolean
  readonly progress?: (percent: number) => void
  /** Ends the check between two shares. */
  readonly signal?: AbortSignal
}

/** Checks every share. */
export async function ensureAll(
  parts: BackendScope,
  { show, progress, signal }: EnsureHow,
): Promise<Ensured> {
  const rows = await parts.store.db
    .selectFrom('share_instances')
    .select('id')
    .where('backend_id', '=', parts.backend.id)
    .where('status', 'in', ['available', 'ensuring'])
    .orderBy('id')
    .execute()
  const ends = { checked: 0, failed: 0 }
  let left = rows.map(({ id }) => id)
  for (let round = 1; left.length > 0 && round <= busyRounds; round++) {
    if (round > 1) await sleep(busyPauseMs, undefined, { ref: false })
    const busy: string[] = []
    await forEachBounded(left, atOnce, async (id) => {
      signal?.throwIfAborted()
      const end = await ensureOne(parts, id, show)
      if (end === 'busy') busy.push(id)
      else ends[end] += 1
      progress?.(((ends.checked + ends.failed) / rows.length) * 100)
    })
    left = busy
  }
  await forEachBounded(await wantedSnapshots(parts), atOnce, async ({ id, put }) => {
    signal?.throwIfAborted()
    try {
      await put()
    } catch (error) {
      if (error instanceof LeaseLost) return
      ends.failed += 1
      const about = { backend: parts.backend.label, snapshot_instance: id, err: error }
      parts.log.error(about, 'a mountable snapshot is not in order')
    }
  })
  return { ...ends, busy: left.length }
}

async function ensureOne(
  parts: BackendScope,
  instanceId: string,
  show: boolean,
): Promise<'checked' | 'busy' | 'failed'> {
  try {
    const ended = await withLane(parts, instanceId, (lease) => inLane(parts, lease, show))
    return ended === 'busy' ? 'busy' : ended
  } catch (error) {
    if (error instanceof LeaseLost) return 'busy'
    throw error
  }
}

async function inLane(parts: BackendScope, lease: LaneLease, show: boolean): Promise<'checked' | 'failed'> {
  const { instanceId } = lease
  const { store, clock } = parts
  const move = (from: string, to: string) =>
    store.transaction(async (tx) => {
      await lease.check(tx)
      await changeInstance(tx, { instanceId, from: [from], to, now: clock.now() })
    })
  if (show) await move('available', 'ensuring')
  const subject = await loadShare(store.db, instanceId)
  if (subject === undefined) return 'checked'
  let end: 'checked' | 'failed' = 'checked'
  try {
    const rules = await rulesOfInstance(store.db, instanceId)
    await republish(
      parts,
      lease,
      subject,
      rules.filter((rule) => mustBeOn.includes(rule.state)),
    )
  } catch (error) {
    if (error instanceof LeaseLost) throw error
    end = 'failed'
    await complain(parts, subject, error)
  }
  // Also what an earlier, killed check left `ensuring`.
  await move('ensuring', 'available')
  return end
}

/** The share keeps its status: data that can't be found now may be found when a disk is back. Its owner is told. */
async function complain(parts: BackendScope, { share }: ShareSubject, error: unknown): Promise<void> {
  parts.log.error(
    { backend: parts.backend.label, resource_id: share.id, err: error },
    'a share is not in order',
  )
  if (!(error instanceof DriverError) || error.reason !== 'not-found') return
  const [actionId, detailId] = ['005', '001']
  await parts.store.transaction(async (tx) => {
    const told = await tx
      .selectFrom('messages')
      .select('id')
      .where('resource_id', '=', share.id)
      .where('action_id', '=', actionId)
      .where('detail_id', '=', detailId)
      .executeTakeFirst()
    // Once is enough: this is asked again and again.
    if (told !== undefined) return
    await recordMessage(tx, {
      projectId: share.project_id,
      requestId: null,
      resourceType: 'SHARE',
      resourceId: share.id,
      actionId,
      detailId,
      now: parts.clock.now(),
      ttlS: parts.settings.shares.message_ttl_s,
    })
  })
}

/** Raised by a release that reads stored access rules by other laws: they are judged again at its first start. */
const lawsOfRules = 2

/** Changes with the configuration and, where mounts are the host's, with every start of the host. */
async function infoHash({ settings, driver, label }: Backend): Promise<string> {
  const { driver: driverName, exporter, driver_options, exporter_options } = settings
  // A release that separates clients anew has to publish anew.
  const { separates } = driver
  const about = {
    driverName,
    exporter,
    driver_options,
    exporter_options,
    label,
    separates,
    rules: lawsOfRules,
    boot: '',
  }
  if (driver.reach === 'host') about.boot = await bootId()
  return createHash('sha256').update(JSON.stringify(about)).digest('hex')
}

async function bootId(): Promise<string> {
  try {
    return (await readFile('/proc/sys/kernel/random/boot_id', 'utf8')).trim()
  } catch {
    // No Linux, no kernel mounts to lose.
    return ''
  }
}
