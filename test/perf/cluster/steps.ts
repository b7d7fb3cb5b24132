/**
 * What is asked of a target, the same of each. Whoever waits for many shares asks for all of them at once: the answers that only
 * waiting needs are a few hundredths of what is spent then. Of one share alone they are more, so that its time is exact.
 */
import { parsed } from '../http.ts'
import { inParallel, timed } from '../timing.ts'
import type { Target } from './target.ts'

export interface Load {
  /** Created one after the other. */
  readonly alone: number
  /** Created by {@link clients} at once. */
  readonly many: number
  /** Access rules, one after the other. */
  readonly rules: number
  /** Created and deleted again by {@link churners} at once. */
  readonly churned: number
  readonly lists: number
  readonly shows: number
}

export interface Step {
  readonly name: string
  /** Of how many operations what is spent is divided by. */
  readonly operations: (load: Load) => number
  /** Milliseconds that each operation took. What is to be tidied up goes to `later`, which is not measured. */
  run(target: Target, load: Load, later: (tidy: () => Promise<void>) => void): Promise<number[]>
}

export const clients = 16
export const churners = 8
export const readers = 8

interface Share {
  readonly id: string
  readonly status: string
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

/** Milliseconds before a request that was put off is sent again, and how often that is done. */
const [againMs, mostTries] = [500, 40]

/** Whoever answers, and how often he put off. */
type Asked = Pick<Target, 'name' | 'call' | 'putOff'>

/** As a client does: what is refused only for now is asked again. A busy machine does not end a measurement, but it is told. */
async function asked<T>(target: Asked, method: string, path: string, body?: unknown): Promise<T> {
  for (let tries = 1; ; tries++) {
    const answer = await target.call(method, path, body)
    if (![429, 503].includes(answer.status) || tries === mostTries)
      return (answer.text === '' && answer.status < 300 ? null : parsed(answer)) as T
    target.putOff.times++
    await pause(againMs)
  }
}

/** Asks for a share of 1 GiB; answers its id. */
export async function create(target: Asked): Promise<string> {
  const body = { share: { share_proto: 'NFS', size: 1, name: 'bench' } }
  return (await asked<{ share: Share }>(target, 'POST', '/v2/shares', body)).share.id
}

/** Milliseconds from an answer to the next question: of one that is waited for alone, and of many. */
const [aloneMs, togetherMs] = [10, 100]

async function until(pauseMs: number, over: () => Promise<boolean>): Promise<void> {
  while (!(await over())) await pause(pauseMs)
}

/** Throws when it fails. */
export async function untilAvailable(target: Asked, id: string): Promise<void> {
  await until(aloneMs, async () => {
    const { share } = await asked<{ share: Share }>(target, 'GET', `/v2/shares/${id}`)
    if (!['creating', 'available'].includes(share.status)) throw new Error(`share ${id} is ${share.status}`)
    return share.status === 'available'
  })
}

/** One look at all shares of a status for everybody who waits for one of them to leave it. */
class Waiting {
  readonly #target: Target
  readonly #status: string
  readonly #left = new Map<string, () => void>()
  #isLooking = false
  #failed: unknown = null

  constructor(target: Target, status: string) {
    this.#target = target
    this.#status = status
  }

  async left(id: string): Promise<void> {
    const gone = new Promise<void>((resolve) => this.#left.set(id, resolve))
    if (!this.#isLooking) void this.#look()
    await gone
    if (this.#failed !== null) throw this.#failed
  }

  async #look(): Promise<void> {
    this.#isLooking = true
    try {
      await until(togetherMs, async () => {
        // Those that came after the question are not in the answer.
        const waiting = [...this.#left]
        const path = `/v2/shares?status=${this.#status}&limit=1000`
        const { shares } = await asked<{ shares: readonly Share[] }>(this.#target, 'GET', path)
        const still = new Set(shares.map(({ id }) => id))
        for (const [id, tell] of waiting) {
          if (still.has(id)) continue
          this.#left.delete(id)
          tell()
        }
        this.#isLooking = this.#left.size > 0
        return !this.#isLooking
      })
    } catch (error) {
      this.#failed = error
      for (const tell of this.#left.values()) tell()
      this.#left.clear()
      this.#isLooking = false
    }
  }
}

async function remove(target: Target, ids: readonly string[]): Promise<void> {
  const waiting = new Waiting(target, 'deleting')
  await inParallel(ids.length, churners, async (index) => {
    const id = ids[index] ?? ''
    await asked(target, 'DELETE', `/v2/shares/${id}`)
    await waiting.left(id)
  })
}

/** Nothing of them may have failed. */
async function proveAvailable(target: Target, ids: readonly string[]): Promise<void> {
  const { shares } = await asked<{ shares: readonly Share[] }>(
    target,
    'GET',
    '/v2/shares?status=error&limit=1000',
  )
  const failed = new Set(shares.map(({ id }) => id))
  const mine = ids.filter((id) => failed.has(id))
  if (mine.length > 0) throw new Error(`${mine.length} of ${ids.length} shares failed on ${target.name}`)
}

const createAlone: Step = {
  name: 'create → available, alone',
  operations: ({ alone }) => alone,
  async run(target, { alone }, later) {
    const ids: string[] = []
    later(() => remove(target, ids))
    return timed(alone, async () => {
      const id = await create(target)
      ids.push(id)
      await untilAvailable(target, id)
    })
  },
}

const createMany: Step = {
  name: `create → available, ${clients} at once`,
  operations: ({ many }) => many,
  async run(target, { many }, later) {
    const ids: string[] = []
    later(() => remove(target, ids))
    const waiting = new Waiting(target, 'creating')
    const took: number[] = []
    await inParallel(many, clients, async () => {
      const began = performance.now()
      const id = await create(target)
      ids.push(id)
      await waiting.left(id)
      took.push(performance.now() - began)
    })
    await proveAvailable(target, ids)
    return took
  },
}

/** Lets an address read and write; until that is in force. */
export async function allowed(target: Asked, id: string, address: string): Promise<void> {
  const rule = { access_type: 'ip', access_to: address, access_level: 'rw' }
  const { access } = await asked<{ access: { id: string } }>(target, 'POST', `/v2/shares/${id}/action`, {
    allow_access: rule,
  })
  await until(aloneMs, async () => {
    const path = `/v2/share-access-rules/${access.id}`
    const { access: now } = await asked<{ access: { state: string } }>(target, 'GET', path)
    if (now.state === 'error') throw new Error(`an access rule failed on ${target.name}`)
    return now.state === 'active'
  })
}

/** Until there is no such share any more. */
export async function deleted(target: Asked, id: string): Promise<void> {
  await asked(target, 'DELETE', `/v2/shares/${id}`)
  await until(aloneMs, async () => (await target.call('GET', `/v2/shares/${id}`)).status === 404)
}

const allow: Step = {
  name: 'access rule → active',
  operations: ({ rules }) => rules,
  async run(target, { rules }, later) {
    const id = await create(target)
    later(() => remove(target, [id]))
    await untilAvailable(target, id)
    return timed(rules, (index) => allowed(target, id, `192.0.2.${index + 1}`))
  },
}

const churn: Step = {
  name: `create and delete, ${churners} at once`,
  operations: ({ churned }) => churned,
  async run(target, { churned }) {
    const [made, gone] = [new Waiting(target, 'creating'), new Waiting(target, 'deleting')]
    const took: number[] = []
    await inParallel(churned, churners, async () => {
      const began = performance.now()
      const id = await create(target)
      await made.left(id)
      await asked(target, 'DELETE', `/v2/shares/${id}`)
      await gone.left(id)
      took.push(performance.now() - began)
    })
    return took
  },
}

const page = '/v2/shares/detail?limit=100'

/** `times` of it, one after the other or by `lanes` readers at once. */
async function read(
  times: number,
  lanes: number,
  ask: (index: number) => Promise<unknown>,
): Promise<number[]> {
  const took: number[] = []
  await inParallel(times, lanes, async (index) => took.push(...(await timed(1, () => ask(index)))))
  return took
}

const listBy = (lanes: number, name: string): Step => ({
  name,
  operations: ({ lists }) => lists,
  run: (target, { lists }) =>
    read(lists, lanes, async () => {
      const { shares } = await asked<{ shares: readonly Share[] }>(target, 'GET', page)
      if (shares.length !== 100) throw new Error(`${target.name} listed ${shares.length} shares, not 100`)
    }),
})

const showBy = (lanes: number, name: string): Step => ({
  name,
  operations: ({ shows }) => shows,
  async run(target, { shows }) {
    const { shares } = await asked<{ shares: readonly Share[] }>(target, 'GET', '/v2/shares?limit=100')
    const path = (index: number): string => `/v2/shares/${shares[index % shares.length]?.id}`
    return read(shows, lanes, (index) => asked(target, 'GET', path(index)))
  },
})

export const steps: readonly Step[] = [
  createAlone,
  createMany,
  allow,
  churn,
  listBy(1, 'list of 100 with details'),
  listBy(readers, `list of 100 with details, ${readers} at once`),
  showBy(1, 'show'),
  showBy(readers, `show, ${readers} at once`),
]
