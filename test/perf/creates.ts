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

async function create({ call }: Measured): Promise<string> {
  const body = { share: { share_proto: 'NFS', size: 1 } }
  return parsed<{ share: Share }>(await call('POST', '/v2/shares', body)).share.id
}

async function untilAvailable({ call }: Measured, id: string): Promise<void> {
  for (;;) {
    const { share } = parsed<{ share: Share }>(await call('GET', `/v2/shares/${id}`))
    if (share.status === 'available') return
    if (share.status !== 'creating') throw new Error(`share ${id} is ${share.status}`)
    await new Promise((resolve) => setTimeout(resolve, 2))
  }
}

/** Waits without asking often: what is waited for needs the processor. */
async function untilNoneIsCreating({ call }: Measured): Promise<void> {
  for (;;) {
    const path = '/v2/shares?status=creating&limit=1'
    if (parsed<{ shares: unknown[] }>(await call('GET', path)).shares.length === 0) return
    await new Promise((resolve) => setTimeout(resolve, 25))
  }
}

/** Milliseconds from the request to `available`, by the operations' own stamps, for the newest `count`. */
async function operationTimes({ call }: Measured, count: number): Promise<number[]> {
  const path = `/v2/operations?kind=create-share&limit=${count}`
  const { operations } = parsed<{ operations: Operation[] }>(await call('GET', path))
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
    const began = performance.now()
    const accepted: number[] = []
    await inParallel(load.many, clients, async () => {
      const [took = 0] = await timed(1, () => create(service))
      accepted.push(took)
    })
    const acceptedMs = performance.now() - began
    await untilNoneIsCreating(service)
    const allMs = performance.now() - began
    const queued = await operationTimes(service, load.many)
    const { now, most } = memoryOf(service.process.pid)
    return [
      figure(
        `create → available, one at a time${on}`,
        spread(alone),
        `${load.single} shares, asked every 2 ms`,
      ),
      figure(
        `creates${on}`,
        perSecond(load.many, allMs),
        `${load.many} shares, ${clients} clients, to available`,
      ),
      figure(
        `create requests accepted${on}`,
        perSecond(load.many, acceptedMs),
        `one takes ${spread(accepted)}`,
      ),
      figure(
        `create → available, ${clients} clients${on}`,
        spread(queued),
        `${ratio(percentile(queued, 50), percentile(alone, 50))} of one at a time: they queue`,
      ),
      figure(`memory after that${on}`, bytes(now), `at most ${bytes(most)}`),
      ...(load.storage === 'sim'
        ? [
            figure(
              '  of which per share',
              ms(allMs / load.many),
              'processor and disk, all parts in one process',
            ),
          ]
        : []),
    ]
  } finally {
    await service.stop()
  }
}
