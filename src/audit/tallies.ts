/**
 * What is counted instead of listed, so that nobody can pile up rows: refusals, failed logins, and proofs that come with every
 * request. One event for each of its kind in a minute; its id is made of what it is, so that several processes count in one row.
 * What is kept is bounded three times: by address, by account and altogether; beyond, the minute has one row for all the rest of the address, or of everybody.
 */
import { createHash } from 'node:crypto'
import { blankAudit, type AuditEvent } from '../model/audit.ts'
import { clientOf } from '../model/networks.ts'

const minuteUs = 60_000_000

export interface TallyLimits {
  /** Different ones of one address, and of one account, in a minute. */
  readonly each: number
  /** Different ones of everybody in a minute. */
  readonly all: number
}

export const tallyLimits: TallyLimits = { each: 50, all: 2000 }

export class Tallies {
  readonly #limits: TallyLimits
  /** Since they were last taken away. */
  #events = new Map<string, AuditEvent>()
  #minute = 0
  /** Ids of this minute. */
  #seen = new Set<string>()
  #perSource = new Map<string, number>()

  constructor(limits: TallyLimits = tallyLimits) {
    this.#limits = limits
  }

  get size(): number {
    return this.#events.size
  }

  /** Answers whether it is the first of its kind in this minute. */
  add(event: Omit<AuditEvent, 'id' | 'count'>): { readonly isFirst: boolean; readonly event: AuditEvent } {
    const minute = Math.floor(event.at / minuteUs)
    if (minute !== this.#minute) {
      this.#minute = minute
      this.#seen = new Set()
      this.#perSource = new Map()
    }
    const kept = this.#bounded({ ...event, id: '', count: 1 }, minute)
    const before = this.#events.get(kept.id)
    const counted =
      before === undefined
        ? kept
        : { ...before, count: before.count + 1, lastAt: Math.max(before.lastAt, kept.lastAt) }
    this.#events.set(kept.id, counted)
    const isFirst = !this.#seen.has(kept.id)
    this.#seen.add(kept.id)
    return { isFirst, event: counted }
  }

  /** All that was counted since the last time. */
  take(): AuditEvent[] {
    const all = [...this.#events.values()]
    this.#events = new Map()
    return all
  }

  #bounded(event: AuditEvent, minute: number): AuditEvent {
    const named = { ...event, id: idOf(event, minute) }
    if (this.#seen.has(named.id)) return named
    if (this.#events.size < this.#limits.all && this.#seen.size < this.#limits.all) {
      const sources = [`a ${clientOf(event.address)}`, ...(event.userId === '' ? [] : [`u ${event.userId}`])]
      const counts = sources.map((source) => this.#perSource.get(source) ?? 0)
      if (counts.every((count) => count < this.#limits.each)) {
        sources.forEach((source, index) => this.#perSource.set(source, (counts[index] ?? 0) + 1))
        return named
      }
      const rest = restOf(event, event.address)
      const ofAddress = { ...rest, id: idOf(rest, minute) }
      if (this.#seen.has(ofAddress.id) || this.#seen.size < this.#limits.all - 1) return ofAddress
    }
    const rest = restOf(event, '')
    return { ...rest, id: idOf(rest, minute) }
  }
}

/** All the others of an address, or of everybody. */
const restOf = ({ at, lastAt, action, outcome, observer }: AuditEvent, address: string): AuditEvent => ({
  ...blankAudit,
  id: '',
  at,
  lastAt,
  action: action === 'authenticate' ? action : 'update',
  outcome,
  operation: 'others',
  address,
  observer,
})

/** A failed login is one of its account and address, whatever was wrong; a refusal one of its route and target, too. */
function idOf(event: AuditEvent, minute: number): string {
  const { action, outcome, userId } = event
  // As a guesser is counted: of an IPv6 network he has more addresses than there are rows.
  const address = clientOf(event.address)
  const facts =
    action === 'authenticate'
      ? [action, outcome, userId, address, event.operation === 'others' ? 'others' : '']
      : [
          action,
          outcome,
          userId,
          address,
          event.projectId,
          event.operation,
          event.targetId,
          String(event.reason),
        ]
  return createHash('sha256')
    .update(JSON.stringify([minute, ...facts]))
    .digest('hex')
    .slice(0, 40)
}
