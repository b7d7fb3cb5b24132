/**
 * `manila-manage share move`: a share goes from one backend of this host to another, byte by byte, while neither is served. It
 * promises that the rows change only after the copy was compared, and that what was copied stays where it was, given back to its
 * pool, until a person removes it. Cut short anywhere, it may be run again.
 */
import { randomUUID } from 'node:crypto'
import { mkdir } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Settings } from '../config/schema.ts'
import type { Store } from '../db/open.ts'
import { movableShare, MoveRefused, type Movable } from '../db/store/share-move.ts'
import { recordMove } from '../lifecycle/shares/move.ts'
import { commandsOf } from '../storage/host/commands.ts'
import type { CallContext } from '../storage/contract/driver.ts'
import type { Exec } from '../exec/exec.ts'
import { localExec } from '../exec/local.ts'
import type { Clock } from '../runtime/clock.ts'
import type { Log } from './log.ts'
import { driverStateOf, shareExport, shareRef, specsOf } from './refs.ts'
import { build, type Built } from './build.ts'
import { publisherOf } from './publisher.ts'

const copyScript = fileURLToPath(new URL('copy-tree.sh', import.meta.url))
/** A day: a copy reads all of a share three times. */
const deadlineMs = 24 * 3600 * 1000

export interface MoveRequest {
  readonly shareId: string
  /** `host@backend#pool` */
  readonly to: string
  /** False only says what would be done. */
  readonly apply: boolean
}

export interface MoveParts {
  readonly store: Store
  readonly clock: Clock
  readonly log: Log
  readonly settings: Settings
}

export interface Moved {
  readonly from: string
  readonly to: string
  readonly applied: boolean
}

/** Throws {@link MoveRefused} with a sentence, or what a driver throws; then the share is where it was. */
export async function moveShare(parts: MoveParts, request: MoveRequest): Promise<Moved> {
  const { store, clock, settings } = parts
  const asked = {
    shareId: request.shareId,
    to: request.to,
    downAfterUs: settings.shares.service_down_time_s * 1_000_000,
    now: clock.now(),
  }
  const movable = await movableShare(store.db, asked)
  const sides = {
    from: await side(parts, movable.from),
    to: await side(parts, movable.target.label),
  }
  if (request.apply) await carry(parts, movable, request.to, sides)
  return { from: movable.instance.host, to: request.to, applied: request.apply }
}

/** The backend as manila-share builds it. Both must be this host's: the bytes go through its kernel. */
async function side(parts: MoveParts, label: string): Promise<Built> {
  const name = label.slice(label.indexOf('@') + 1)
  const settings = parts.settings.backends[name]
  if (settings === undefined)
    throw new MoveRefused(`${label} is not in this configuration: run this on the host that serves it`)
  const dir = resolve(join(parts.settings.state_dir, 'backends', name))
  await mkdir(join(dir, 'fences'), { recursive: true, mode: 0o700 })
  return build({ ...parts, exec }, name, settings, dir)
}

const exec: Exec = localExec()

async function carry(
  { store, clock, log }: MoveParts,
  movable: Movable,
  to: string,
  { from, to: target }: { readonly from: Built; readonly to: Built },
): Promise<void> {
  const { share, instance } = movable
  const specs = await specsOf(store.db, instance.share_type_id)
  const ref = shareRef(share, instance, specs)
  const { manages } = from.driver
  if (manages === undefined)
    throw new MoveRefused(`the driver ${from.driver.name} can't give a share back, so its copy would be lost`)
  const call: CallContext = {
    log,
    deadlineMs,
    signal: new AbortController().signal,
    fence: null,
    progress: () => undefined,
  }
  await from.driver.setup(call)
  await target.driver.setup(call)
  // A dead exporter of another protocol is nothing to it.
  const serving = from.members.filter(({ protocols }) => protocols.includes(ref.protocol))
  for (const { server } of serving) await server?.setup(call)
  // From here on nobody writes to it; a run that was cut short left it so, and the next one or the next manila-share mends it.
  const up = serving.map((member) => ({ state: { member, up: true, reason: null, failures: 0 } }))
  await publisherOf(movable.from, up)?.unpublish(call, shareExport({ share, instance, ref }))
  const source = await from.driver.ensure(call, ref)
  const fresh = { ...ref, pool: to.slice(to.indexOf('#') + 1), state: {} }
  // What an earlier run may have left half copied.
  await target.driver.delete(call, fresh)
  const created = await target.driver.create(call, fresh)
  if (source.tree === null || created.tree === null)
    throw new MoveRefused('one of the two backends shows no directory of this host')
  const commands = commandsOf(exec, call)
  log.info({ from: source.tree.path, to: created.tree.path }, 'copying')
  await commands.change(['bash', copyScript, source.tree.path, created.tree.path])
  const goal = { to, driverState: driverStateOf(created), claimId: randomUUID(), now: clock.now() }
  await store.transaction((tx) => recordMove(tx, movable, goal))
  await manages.unmanage(call, ref)
}
