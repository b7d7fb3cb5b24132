/**
 * Every share of a backend is what its row says: its tree mounted, its export published, its rules in force. Needed when
 * the configuration changed or the host restarted, else skipped; shares are served meanwhile. How far it is is kept in the database:
 * a hundred thousand shares take hours, and no process may be taken to live that long.
 */
import { hash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { mustBeOn, rulesOfInstance } from '../../db/store/access-mappings.ts'
import { backendById, setInfoHash } from '../../db/store/backends.ts'
import { countInstances, instanceIdsOnBackend } from '../../db/store/instances-on-backend.ts'
import { wasTold } from '../../db/store/messages.ts'
import { recordMessage } from '../../db/store/records.ts'
import {
  ensureRun,
  forgetEnsureRun,
  saveEnsureRun,
  type EnsureRun,
  type EnsureRunKey,
} from '../../db/store/ensure-runs.ts'
import { changeInstance } from '../../lifecycle/shares/change.ts'
import { isDriverError } from '../../storage/contract/driver.ts'
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
/** Shares between two notes of how far it is: as many are looked at twice, at most, after a kill. */
export const itemsPerNote = 50
/** Failed and busy ones that are remembered one by one; behind so many a check begins anew. */
const maxLeft = 1000

export interface Ensured {
  readonly checked: number
  /** Left alone because operations were under way all the time. */
  readonly busy: number
  readonly failed: number
}

/**
 * Checks everything if anything that matters changed since the last complete check. Null: nothing did. One that was cut short goes
 * on where it stopped, and what failed in a complete one is all that the next looks at.
 */
export async function ensureIfChanged(parts: BackendScope): Promise<Ensured | null> {
  const { id } = parts.backend
  const madeFor = await infoHash(parts.backend)
  const row = await backendById(parts.store.db, id)
  if (row?.info_hash === madeFor) return null
  const { ensured } = await ensureAll(parts, { id, backendId: id, madeFor }, { show: false })
  if (ensured.failed + ensured.busy === 0) await setInfoHash(parts.store.db, id, madeFor)
  return ensured
}

export interface EnsureOptions {
  /** Each share is `ensuring` while it is its turn. */
  readonly show: boolean
  readonly progress?: (percent: number) => void
  /** Ends the check between two shares. */
  readonly signal?: AbortSignal
  /** Milliseconds after which it stops between two shares, to be gone on with; at least some are looked at. */
  readonly sliceMs?: number
}

export interface EnsuredSoFar {
  readonly ensured: Ensured
  /** False: the time was over; call again to go on. */
  readonly complete: boolean
  /** Of the shares that there are now. */
  readonly percent: number
}

/** Checks every share and mountable snapshot that this run has not looked at yet; `key` is how it is found again. */
export async function ensureAll(
  parts: BackendScope,
  key: EnsureRunKey,
  options: EnsureOptions,
): Promise<EnsuredSoFar> {
  const { db } = parts.store
  const endsAt = performance.now() + (options.sliceMs ?? Number.POSITIVE_INFINITY)
  const total = await sharesOf(parts)
  let { position, checked, lost, left } = (await ensureRun(db, key)) ?? fresh
  const failed = new Set<string>()
  const percent = (): number =>
    total === 0 ? 100 : Math.min(100, ((checked + left.length + lost) / total) * 100)
  const look = async (items: readonly string[]): Promise<void> => {
    const again = new Set(left)
    await forEachBounded(items, atOnce, async (item) => {
      options.signal?.throwIfAborted()
      const end = await lookAt(parts, item, options.show)
      if (end === 'failed') failed.add(item)
      if (end === 'checked') checked += 1
      if (end === 'checked' || end === 'nothing') again.delete(item)
      else if (again.size < maxLeft) again.add(item)
      else lost += 1
    })
    left = [...again]
  }
  const note = async (): Promise<void> => {
    await saveEnsureRun(db, key, { position, checked, lost, left }, parts.clock.now())
    options.progress?.(percent())
  }
  const soFar = (complete: boolean): EnsuredSoFar => {
    const failures = left.filter((item) => failed.has(item)).length
    const ensured = { checked, busy: left.length - failures, failed: failures + lost }
    return { ensured, complete, percent: percent() }
  }

  for (let items = await itemsBehind(parts, position); items.length > 0;) {
    await look(items)
    position = items.at(-1) ?? position
    await note()
    if (performance.now() > endsAt) return soFar(false)
    items = await itemsBehind(parts, position)
  }
  for (let round = 1; round <= busyRounds; round++) {
    const open = left.filter((item) => !failed.has(item))
    if (open.length === 0) break
    if (round > 1) await sleep(busyPauseMs, undefined, { ref: false })
    await look(open)
    await note()
  }
  if (lost > 0) await forgetEnsureRun(db, key.id)
  return soFar(true)
}

const fresh: EnsureRun = { position: null, checked: 0, lost: 0, left: [] }

const ensurable = ['available', 'ensuring']

const sharesOf = ({ store, backend }: BackendScope): Promise<number> =>
  countInstances(store.db, backend.id, ensurable)

/** Items are `share:<instance id>`, and behind all of them `snapshot:<instance id>`. */
const [shareItem, snapshotItem] = ['share:', 'snapshot:']

async function itemsBehind(parts: BackendScope, position: string | null): Promise<string[]> {
  const atSnapshots = position?.startsWith(snapshotItem) === true
  const shares = atSnapshots ? [] : await sharesBehind(parts, position?.slice(shareItem.length) ?? '')
  if (shares.length > 0) return shares.map((id) => shareItem + id)
  const behind = atSnapshots ? (position?.slice(snapshotItem.length) ?? '') : ''
  const snapshots = await wantedSnapshots(parts, { behind, limit: itemsPerNote })
  return snapshots.map(({ id }) => snapshotItem + id)
}

const sharesBehind = ({ store, backend }: BackendScope, afterId: string): Promise<string[]> =>
  instanceIdsOnBackend(store.db, backend.id, ensurable, { afterId, limit: itemsPerNote })

/** `nothing`: it is no longer there, or not to be counted. */
type Look = 'checked' | 'busy' | 'failed' | 'nothing'

async function lookAt(parts: BackendScope, item: string, show: boolean): Promise<Look> {
  if (item.startsWith(shareItem)) return ensureOne(parts, item.slice(shareItem.length), show)
  const id = item.slice(snapshotItem.length)
  const [wanted] = await wantedSnapshots(parts, { ids: [id] })
  try {
    await wanted?.put()
    return 'nothing'
  } catch (error) {
    if (error instanceof LeaseLost) return 'nothing'
    const about = { backend: parts.backend.label, snapshot_instance: id, err: error }
    parts.log.error(about, 'a mountable snapshot is not in order')
    return 'failed'
  }
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
  if (!isDriverError(error) || error.reason !== 'not-found') return
  const [actionId, detailId] = ['005', '001']
  await parts.store.transaction(async (tx) => {
    // Once is enough: this is asked again and again.
    if (await wasTold(tx, { resourceId: share.id, actionId, detailId })) return
    await recordMessage(tx, {
      projectId: share.project_id,
      requestId: null,
      resourceType: 'SHARE',
      resourceId: share.id,
      actionId,
      detailId,
      cause: { code: error.reason ?? 'unexpected' },
      now: parts.clock.now(),
      ttlS: parts.settings.shares.message_ttl_s,
    })
  })
}

/** Raised where a release judges stored access rules in another way than the one before. */
const lawsOfRules = 2

/** Changes with the configuration and, where mounts are the host's, with every start of the host. */
async function infoHash({ settings, driver, label }: Backend): Promise<string> {
  const { driver: driverName, exporter, driver_options, exporter_options, exporters } = settings
  // A release that separates clients anew has to publish anew.
  const { separates } = driver
  const about = {
    driverName,
    exporter,
    driver_options,
    exporter_options,
    // Left out where there are none, so that what an earlier release checked need not be checked again.
    ...(Object.keys(exporters).length === 0 ? {} : { exporters }),
    label,
    separates,
    lawsOfRules,
    boot: '',
  }
  if (driver.reach === 'host') about.boot = await bootId()
  return hash('sha256', JSON.stringify(about), 'hex')
}

async function bootId(): Promise<string> {
  try {
    return (await readFile('/proc/sys/kernel/random/boot_id', 'utf8')).trim()
  } catch {
    // No Linux, no kernel mounts to lose.
    return ''
  }
}
