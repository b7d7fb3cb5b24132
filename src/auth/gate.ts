import { tooManyLogins } from './in-flight.ts'

export interface GateLimits {
  /** Bodies that run at once. */
  readonly slots: number
  /** Of those, of one account. */
  readonly slotsPerAccount: number
  /** Bodies that wait. */
  readonly queue: number
  /** Of those, of one address, and of one account. */
  readonly queuePerAddress: number
  readonly queuePerAccount: number
}

/** Whose work it is. */
export interface Payer {
  readonly account: string
  readonly address: string
}

interface Waiting extends Payer {
  readonly begin: () => void
  readonly refuse: (error: Error) => void
}

/** Who waits at one address: accounts in the order in which they are served, each with its own in the order they came. */
interface Lane {
  readonly address: string
  readonly accounts: Map<string, Waiting[]>
  size: number
}

/**
 * Lets a few bodies run at once and some wait; the rest gets `Unavailable` with the seconds after which to come again. Password
 * hashing goes through one: it burns a thread of the pool for tens of milliseconds, and a flood of logins must not take the
 * threads that file access and token signatures need.
 *
 * It is fair: addresses are served in turn, and at each address its accounts in turn, so that who sends a hundred logins
 * waits for them himself. One account never has all slots, and when the queue is full, whoever comes with less takes the
 * place of the last one of the longest lane.
 */
export class Gate {
  readonly #limits: GateLimits
  /** By address, in the order in which they are served. */
  readonly #lanes = new Map<string, Lane>()
  /** Running and waiting ones by account; only those that have some. */
  readonly #running = new Map<string, number>()
  readonly #queued = new Map<string, number>()
  #slotsUsed = 0
  #waiting = 0

  constructor(limits: GateLimits) {
    this.#limits = limits
  }

  async run<T>(payer: Payer, body: () => Promise<T>): Promise<T> {
    if (this.#hasSlotFor(payer.account)) this.#occupy(payer.account)
    else await this.#queue(payer)
    try {
      return await body()
    } finally {
      this.#leave(payer.account)
    }
  }

  #hasSlotFor(account: string): boolean {
    const own = this.#running.get(account) ?? 0
    return this.#slotsUsed < this.#limits.slots && own < this.#limits.slotsPerAccount
  }

  #occupy(account: string): void {
    this.#slotsUsed++
    add(this.#running, account, 1)
  }

  #leave(account: string): void {
    this.#slotsUsed--
    add(this.#running, account, -1)
    // The slot is handed over by whoever leaves, so that a newcomer can't overtake.
    for (let next = this.#next(); next !== null; next = this.#next()) {
      this.#occupy(next.account)
      next.begin()
    }
  }

  #queue(payer: Payer): Promise<void> {
    const { queue, queuePerAddress, queuePerAccount } = this.#limits
    const lane = this.#lanes.get(payer.address)
    const isTooMany =
      (this.#queued.get(payer.account) ?? 0) >= queuePerAccount || (lane?.size ?? 0) >= queuePerAddress
    if (isTooMany || (this.#waiting >= queue && !this.#pushOut(lane?.size ?? 0))) throw tooManyLogins()
    return new Promise<void>((resolve, reject) => {
      this.#enter({ ...payer, begin: resolve, refuse: reject })
    })
  }

  #enter(waiting: Waiting): void {
    const { address, account } = waiting
    const lane = this.#lanes.get(address) ?? { address, accounts: new Map<string, Waiting[]>(), size: 0 }
    this.#lanes.set(address, lane)
    const own = lane.accounts.get(account) ?? []
    lane.accounts.set(account, own)
    own.push(waiting)
    lane.size++
    this.#waiting++
    add(this.#queued, account, 1)
  }

  /** The last one of the longest lane goes, if that lane stays no shorter than the newcomer's then is. */
  #pushOut(newcomerHas: number): boolean {
    const longest = [...this.#lanes.values()].reduce((a, b) => (b.size > a.size ? b : a))
    if (longest.size <= newcomerHas + 1) return false
    const [account, own] = [...longest.accounts].reduce((a, b) => (b[1].length > a[1].length ? b : a))
    const last = own.at(-1)
    if (last === undefined) return false
    this.#forget(longest, account, own, own.length - 1)
    last.refuse(tooManyLogins())
    return true
  }

  /** Whose turn it is among those who may have a slot; it is no longer waiting. */
  #next(): Waiting | null {
    for (const [address, lane] of this.#lanes) {
      for (const [account, own] of lane.accounts) {
        const first = own[0]
        if (first === undefined || !this.#hasSlotFor(account)) continue
        this.#forget(lane, account, own, 0)
        // Behind all others of their kind.
        if (lane.accounts.delete(account) && own.length > 0) lane.accounts.set(account, own)
        if (this.#lanes.delete(address) && lane.size > 0) this.#lanes.set(address, lane)
        return first
      }
    }
    return null
  }

  #forget(lane: Lane, account: string, own: Waiting[], index: number): void {
    own.splice(index, 1)
    if (own.length === 0) lane.accounts.delete(account)
    lane.size--
    if (lane.size === 0) this.#lanes.delete(lane.address)
    this.#waiting--
    add(this.#queued, account, -1)
  }
}

function add(counts: Map<string, number>, key: string, change: number): void {
  const count = (counts.get(key) ?? 0) + change
  if (count === 0) counts.delete(key)
  else counts.set(key, count)
}
