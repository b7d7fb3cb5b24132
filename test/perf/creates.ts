/** From "I want a share" to `available`: one at a time, which is what a person waits, and many at once. */
import { memoryOf, bytes, figure, ms, perSecond, ratio, spread, type Figure } from './report.ts'
import { parsed } from './http.ts'
import { startMeasured, type Measured, type Storage } from './service.ts'
import { inParallel, percentile, timed } from './timing.ts'

export interface CreateLoad {
  readonly storage: Storage
  /** Created one after the other. */
  readonly single: number
  /** Created by {@link clients} at once. */
  readonly many: number
}

const clients = 8

interface Share {
  readonly id: string
  readonly status: string
}
interface Operation {
  readonly id: string
  readonly state: string
  readonly created_at: string
  readonly finished_at: string
}

/** Asks for a share of 1 GiB, empty or filled from a snapshot; answers its id. */
export async function create({ call }: Measured, snapshotId?: string): Promise<string> {
  const from = snapshotId === undefined ? {} : { snapshot_id: snapshotId }
  const body = { share: { share_proto: 'NFS', size: 1, ...from } }
  const { share } = parsed(await call('POST', '/v2/shares', body)) as { share: Share }
  return share.id
}

export async function untilAvailable({ call }: Measured, id: string, everyMs = 2): Promise<void> {
  for (;;) {
    const { share } = parsed(await call('GET', `/v2/shares/${id}`)) as { share: Share }
    if (share.status === 'available') return
    if (!/^(creating|reverting)/.test(share.status)) throw new Error(`share ${id} is ${share.status}`)
    await new Promise((resolve) => setTimeout(resolve, everyMs))
  }
}

/** Waits without asking often: what is waited for needs the processor. */
async function untilNoneIsCreating({ call }: Measured): Promise<void> {
  for (;;) {
    const path = '/v2/shares?status=creating&limit=1'
    const { shares } = parsed(await call('GET', path)) as { shares: unknown[] }
    if (shares.length === 0) return
    await new Promise((resolve) => setTimeout(resolve, 25))
  }
}

/** Milliseconds from the request to `available`, by the operations' own stamps, for the newest `count` (at most 1,000). */
async function operationTimes({ call }: Measured, count: number): Promise<number[]> {
  const path = `/v2/operations?kind=create-share&limit=${count}`
  const { operations } = parsed(await call('GET', path)) as { operations: Operation[] }
  const failed = operations.filter(({ state }) => state !== 'done')
  if (failed.length > 0 || operations.length !== count)
    throw new Error(`${failed.length} of ${operations.length} creations did not end well`)
  return operations.map(({ created_at, finished_at }) => micros(finished_at) - micros(created_at))
}

/** Milliseconds with a fraction; Date alone drops the microseconds. */
const micros = (stamp: string): number =>
  Date.parse(`${stamp.slice(0, 23)}Z`) + Number(stamp.slice(23)) / 1000

export async function measureCreates(dir: string, load: CreateLoad): Promise<Figure[]> {
  const service = await startMeasured(dir, load.storage)
  const on = `, ${load.storage}`
  try {
    // The first requests pay for compiling.
    for (let n = 0; n < 5; n++) await untilAvailable(service, await create(service))
    const alone = await timed(load.single, async () => untilAvailable(service, await create(service)))
    // Each client waits for its share before it asks for the next.
    const began = performance.now()
    await inParallel(load.many, clients, async () => untilAvailable(service, await create(service), 10))
    const manyMs = performance.now() - began
    const together = await operationTimes(service, load.many)
    const { now, most } = memoryOf(service.process.pid)
    // And as fast as requests are taken, whether or not the work keeps up.
    const burstBegan = performance.now()
    const accepted: number[] = []
    await inParallel(load.many, clients, async () => {
      const [took = 0] = await timed(1, () => create(service))
      accepted.push(took)
    })
    const acceptedMs = performance.now() - burstBegan
    await untilNoneIsCreating(service)
    const burstMs = performance.now() - burstBegan
    return [
      figure(
        `create → available, one at a time${on}`,
        spread(alone),
        `${load.single} shares, asked every 2 ms`,
      ),
      figure(
        `create → available, ${clients} clients${on}`,
        spread(together),
        `${load.many} shares; ${ratio(percentile(together, 50), percentile(alone, 50))} of one at a time`,
      ),
      figure(`creates, ${clients} clients${on}`, perSecond(load.many, manyMs), 'each waits for its share'),
      figure(
        `requests taken in a burst${on}`,
        perSecond(load.many, acceptedMs),
        `one answer takes ${spread(accepted)}`,
      ),
      figure(
        `creates in a burst of ${load.many}${on}`,
        perSecond(load.many, burstMs),
        `all available after ${ms(burstMs)}`,
      ),
      figure(`memory after ${load.many} creates${on}`, bytes(now), `at most ${bytes(most)}`),
    ]
  } finally {
    await service.stop()
  }
}
