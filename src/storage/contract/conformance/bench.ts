import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  isDriverError,
  type CallContext,
  type CreatedShare,
  type DriverReason,
  type DriverState,
  type ExportRef,
  type Publishes,
  type ShareRef,
  type SnapshotRef,
  type StorageDriver,
  type DriverError,
} from '../driver.ts'
import type { ConformanceBackend, ConformanceTarget, Content, Need, Place } from './target.ts'

/** A statement about every driver that has what it `needs`. `check` throws when it isn't true of this one. */
export interface Law {
  readonly name: string
  readonly needs: readonly Need[]
  check(bench: Bench): Promise<void>
}

export interface HeldShare extends Place {
  readonly ref: ShareRef
  readonly answer: CreatedShare
}

/** One backend, set up, and the things a law needs to make on it. What is made through it is deleted by `close`. */
export class Bench {
  driver: StorageDriver
  readonly backend: ConformanceBackend
  readonly target: ConformanceTarget
  #lockDir = ''
  #pool = ''
  readonly #shares: ShareRef[] = []
  readonly #snapshots: SnapshotRef[] = []
  readonly #exports: ExportRef[] = []

  constructor(target: ConformanceTarget, backend: ConformanceBackend) {
    this.target = target
    this.backend = backend
    this.driver = backend.driver
  }

  async open(): Promise<this> {
    this.#lockDir = await mkdtemp(join(tmpdir(), 'conformance-'))
    const standing = this.backend.standing === true
    if (!standing) await this.driver.setup(this.call())
    const pools = await this.driver.pools(this.call())
    this.#pool = this.target.pool ?? pools[0]?.name ?? assert.fail('the driver reports no pool')
    if (!standing) await this.backend.exporter?.setup(this.call())
    return this
  }

  /** Who publishes the protocol of the target: the driver itself, or else the exporter. */
  get publisher(): Publishes {
    const protocol = this.target.protocol ?? 'NFS'
    const native = this.driver.native?.protocols.includes(protocol) ? this.driver.native : undefined
    return native ?? this.backend.exporter ?? assert.fail(`nobody publishes ${protocol}`)
  }

  /** Deletes what the law made, in the order that a tenant would. The first failure is thrown after all were tried. */
  async close(): Promise<void> {
    const problems: unknown[] = []
    const attempt = (work: () => Promise<void> | undefined) =>
      Promise.resolve(work()).catch((error: unknown) => void problems.push(error))
    for (const target of this.#exports) await attempt(() => this.publisher.unpublish(this.call(), target))
    for (const snapshot of this.#snapshots) {
      await attempt(() => this.driver.mountsSnapshots?.release(this.call(), snapshot))
      await attempt(() => this.driver.snapshots?.delete(this.call(), snapshot))
    }
    for (const share of this.#shares) await attempt(() => this.driver.delete(this.call(), share))
    if (this.backend.standing !== true) {
      await attempt(() => this.backend.exporter?.stop(this.call(), { detach: true }))
      await attempt(() => this.driver.stop(this.call(), { detach: true }))
    }
    await attempt(() => rm(this.#lockDir, { recursive: true, force: true }))
    if (problems.length > 0) throw problems[0]
  }

  /** The context of one call. Give `lane` (an instance id) and `fence` for a call by a certain owner of the lane. */
  call(
    options: { deadlineMs?: number; signal?: AbortSignal; lane?: string; fence?: number } = {},
  ): CallContext {
    const log = () => {}
    const { lane, fence = 1 } = options
    return {
      log: { info: log, warn: log, error: log },
      deadlineMs: options.deadlineMs ?? this.target.deadlineMs ?? 60_000,
      signal: options.signal ?? new AbortController().signal,
      fence: lane ? { lockFile: join(this.#lockDir, `${lane}.lock`), number: fence } : null,
      progress: () => {},
    }
  }

  /** A share that isn't made yet. */
  shareRef(over: Partial<ShareRef> = {}): ShareRef {
    const ref: ShareRef = {
      id: randomUUID(),
      shareId: randomUUID(),
      projectId: randomUUID().replaceAll('-', ''),
      protocol: this.target.protocol ?? 'NFS',
      sizeGib: 1,
      pool: this.#pool,
      state: {},
      specs: this.target.specs ?? {},
      mountPointName: null,
      ...over,
    }
    this.#shares.push(ref)
    return ref
  }

  async share(over: Partial<ShareRef> = {}): Promise<HeldShare> {
    const ref = this.shareRef(over)
    return this.held(ref, await this.driver.create(this.call({ lane: ref.id }), ref))
  }

  /** The share as the rows know it after `answer`. */
  held(ref: ShareRef, answer: CreatedShare, sizeGib: number = ref.sizeGib): HeldShare {
    const known = { ...ref, sizeGib, state: answer.state }
    this.#shares.push(known)
    return { id: ref.id, ref: known, answer, tree: answer.tree }
  }

  /** A snapshot that isn't taken yet. */
  snapshotRef(share: HeldShare, over: Partial<SnapshotRef> = {}): SnapshotRef {
    const ref = {
      id: randomUUID(),
      snapshotId: randomUUID(),
      share: share.ref,
      sizeGib: share.ref.sizeGib,
      state: {},
      ...over,
    }
    this.#snapshots.push(ref)
    return ref
  }

  async snapshot(share: HeldShare): Promise<SnapshotRef> {
    const ref = this.snapshotRef(share)
    const { state } = await this.driver.snapshots!.create(this.call({ lane: share.id }), ref)
    return this.taken(ref, state)
  }

  taken(ref: SnapshotRef, state: DriverState): SnapshotRef {
    const known = { ...ref, state }
    this.#snapshots.push(known)
    return known
  }

  exportRef(share: HeldShare, over: Partial<ExportRef> = {}): ExportRef {
    const { id, tree } = share
    const { protocol, projectId, state } = share.ref
    const ref = { id, protocol, projectId, state, tree, name: id, ...over }
    this.#exports.push(ref)
    return ref
  }

  async write(place: Place, content: Content): Promise<void> {
    assert.equal(
      await this.target.probes!.write(place, content),
      'written',
      `${content.bytes} bytes did not fit`,
    )
  }

  /** Throws unless the place holds exactly that. */
  async holds(place: Place, content: Content | null, when: string): Promise<void> {
    assert.deepEqual(await this.target.probes!.read(place), content, `content ${when}`)
  }

  /** Throws unless a share of `sizeGib` takes `fits` bytes and refuses a tenth more than its size. */
  async limited(place: Place, sizeGib: number, when: string): Promise<void> {
    const fits = Math.floor(0.8 * sizeGib * GIB)
    assert.equal(
      await this.target.probes!.write(place, { seed: 'fits', bytes: fits }),
      'written',
      `80 % ${when}`,
    )
    const tooMuch = Math.floor(1.1 * sizeGib * GIB)
    // Of the same seed, so that probes can go on where they are.
    const answer = await this.target.probes!.write(place, { seed: 'fits', bytes: tooMuch })
    assert.equal(answer, 'full', `${when} ${sizeGib} GiB held ${tooMuch} bytes`)
  }

  async inventoried(kind: 'shares' | 'snapshots', id: string): Promise<number> {
    const inventory = await this.driver.inventory(this.call())
    return inventory[kind].filter((one) => one === id).length
  }
}

export const GIB = 1024 ** 3
export const MIB = 1024 ** 2

/** Throws unless `call` ends in a DriverError, and with `reason` when one is given, that says nothing happened. */
export async function refused(
  call: () => Promise<unknown>,
  what: string,
  reason?: DriverReason,
): Promise<DriverError> {
  const error = await failure(call, what)
  assert.notEqual(error.outcome, 'maybe-happened', `${what}: the outcome must say that nothing happened`)
  if (reason) assert.equal(error.reason, reason, `${what}: the reason of "${error.message}"`)
  return error
}

/** As {@link refused}, whatever the outcome. */
export async function failure(call: () => Promise<unknown>, what: string): Promise<DriverError> {
  try {
    await call()
  } catch (error) {
    if (isDriverError(error)) return error
    throw new assert.AssertionError({ message: `${what}: must throw a DriverError, threw ${String(error)}` })
  }
  assert.fail(`${what}: must be refused`)
}
