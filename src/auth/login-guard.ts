/**
 * Makes guessing slow and leaves the guessed-at alone. Counts are in the database, so that guessing is as slow against ten
 * processes as against one, by three subjects:
 *
 * - account **and** address together: locked after some failures, with growing pauses. Only the guesser is there;
 * - account, from all addresses: attempts are spaced by seconds, but never those from an address it lately came in from;
 * - address, at all accounts: locked for the window.
 *
 * An attempt is counted before its password is compared ({@link LoginGuard.take}). Names that nobody has are counted like
 * others. docs/decisions/0019-logins.md has the numbers.
 */
import { hash } from 'node:crypto'
import type { Store } from '../db/open.ts'
import {
  findLoginRecords,
  lockLoginRecords,
  purgeLoginRecords,
  writeLoginRecord,
  type LoginRecord,
} from '../db/store/login-records.ts'
import { fault } from '../model/errors.ts'
import type { Clock } from '../runtime/clock.ts'
import { cleared, ended, failed, nothing, taken, verdict, type Tally, type TallyRule } from './login-tally.ts'
import { clientOf, inNetworks } from '../model/networks.ts'

export interface LoginLimits {
  /** Failures of one account from one address before that pair is locked. */
  readonly maxFailures: number
  /** Failures of one account from everywhere before attempts from unfamiliar addresses are spaced. */
  readonly maxAccountFailures: number
  /** Failures from one address, which may be a whole site behind one gateway, before it is locked. */
  readonly maxAddressFailures: number
  /** Seconds of the window, of the longest pause of a pair, and of the lock of an address. */
  readonly windowS: number
  /** Seconds of the first pause of a pair. */
  readonly pauseS: number
  /** Networks from which administrators come in whatever others did. */
  readonly adminNetworks: readonly string[]
  /** Records kept of failures, and as many of good logins. */
  readonly maxRecords: number
}

export const defaultLimits: Omit<LoginLimits, 'maxAccountFailures' | 'maxAddressFailures'> = {
  maxFailures: 5,
  windowS: 900,
  pauseS: 60,
  adminNetworks: ['127.0.0.0/8', '::1/128'],
  maxRecords: 100_000,
}

/** Longest pause between attempts at an account from unfamiliar addresses: 8,640 guesses a day, however many addresses. */
const longestSpacingUs = 10_000_000
/** An address is familiar this long after the last good login. */
const familiarUs = 30 * 86_400 * 1_000_000
const purgeEveryUs = 60_000_000

/** One login. */
export interface Attempt {
  /** {@link LoginGuard.user}, {@link LoginGuard.credential} or {@link LoginGuard.nobody}. */
  readonly account: string
  /** {@link LoginGuard.client}. */
  readonly client: string
  /** An administrator in a network of theirs: only the pair can refuse it. */
  readonly isTrusted: boolean
  /** An account that failures do not lock: only the address can refuse it. */
  readonly isNeverLocked?: boolean
}

type Exempt = Pick<Attempt, 'isTrusted' | 'isNeverLocked'>

type Kind = 'pair' | 'account' | 'address'

interface Subject {
  readonly kind: Kind
  readonly key: string
}

type Records = ReadonlyMap<string, LoginRecord>
/** What becomes of each subject; null = nothing. */
type Change = (records: Records, now: number) => ((subject: Subject, tally: Tally) => Tally) | null

export class LoginGuard {
  readonly #store: Store
  readonly #clock: Clock
  readonly #rules: Readonly<Record<Kind, TallyRule>>
  readonly #limits: LoginLimits
  /** Whether an administrator who comes from this IP address is let in whatever others did. */
  readonly isAdminNetwork: (ip: string | undefined) => boolean
  #purgedAt: number

  constructor(store: Store, clock: Clock, limits: LoginLimits) {
    const windowUs = limits.windowS * 1_000_000
    this.#store = store
    this.#clock = clock
    this.#limits = limits
    this.isAdminNetwork = inNetworks(limits.adminNetworks)
    this.#rules = {
      pair: {
        limit: limits.maxFailures,
        windowUs,
        firstPauseUs: Math.min(limits.pauseS, limits.windowS) * 1_000_000,
        longestPauseUs: windowUs,
      },
      account: {
        limit: limits.maxAccountFailures,
        windowUs,
        firstPauseUs: 1_000_000,
        longestPauseUs: Math.min(longestSpacingUs, windowUs),
      },
      address: {
        limit: limits.maxAddressFailures,
        windowUs,
        firstPauseUs: windowUs,
        longestPauseUs: windowUs,
        freshAfterPause: true,
      },
    }
    this.#purgedAt = clock.now()
  }

  user(id: string): string {
    return `u:${id}`
  }

  credential(id: string): string {
    return `c:${id}`
  }

  /** A name that nobody has. Hashed: people type passwords where names belong. */
  nobody(spelling: string): string {
    return `x:${hash('sha256', spelling, 'base64url')}`
  }

  client(ip: string): string {
    return clientOf(ip)
  }

  /** Throws `TooManyRequests` when the address is locked; before anything is looked up. */
  async checkAddress(client: string): Promise<void> {
    await this.#check([{ kind: 'address', key: addressKey(client) }], { isTrusted: false })
  }

  /** Throws `TooManyRequests`, with the seconds to wait, when the attempt would not be taken now. */
  async check(attempt: Attempt): Promise<void> {
    await this.#check(subjectsOf(attempt), attempt)
  }

  /**
   * Counts the attempt as under way, or throws as {@link check}; `'busy'` when it must wait for others that are. Each one
   * taken is ended by {@link failed}, {@link succeeded} or {@link ended}.
   */
  async take(attempt: Attempt): Promise<'taken' | 'busy'> {
    const subjects = subjectsOf(attempt)
    const isBusy = await this.#change(subjects, (records, now) => {
      if (this.#refuse(subjects, records, now, attempt) === 'busy') return null
      return ({ kind }, tally) => taken(tally, this.#rules[kind], now)
    })
    await this.#purge()
    return isBusy ? 'busy' : 'taken'
  }

  /** It was wrong. */
  async failed(attempt: Attempt): Promise<void> {
    await this.#change(
      subjectsOf(attempt),
      (_records, now) =>
        ({ kind }, tally) =>
          failed(tally, this.#rules[kind], now),
    )
  }

  /**
   * It was right: the pair is cleared, and its address familiar from now on. The counts of the account and of the address
   * stay: who has one account could else clear them at will.
   */
  async succeeded(attempt: Attempt): Promise<void> {
    const change: Change =
      (_records, now) =>
      ({ kind }, tally) =>
        (kind === 'pair' ? cleared : ended)(tally, this.#rules[kind], now)
    await this.#change(subjectsOf(attempt), change, true)
  }

  /** Nothing was compared. */
  async ended(attempt: Attempt): Promise<void> {
    await this.#change(
      subjectsOf(attempt),
      (_records, now) =>
        ({ kind }, tally) =>
          ended(tally, this.#rules[kind], now),
    )
  }

  async #check(subjects: readonly Subject[], exempt: Exempt): Promise<void> {
    const keys = subjects.map(({ key }) => key)
    const records = byKey(await findLoginRecords(this.#store.db, keys))
    this.#refuse(subjects, records, this.#clock.now(), exempt)
  }

  #refuse(
    subjects: readonly Subject[],
    records: Records,
    now: number,
    { isTrusted, isNeverLocked = false }: Exempt,
  ): 'free' | 'busy' {
    const pair = subjects.find(({ kind }) => kind === 'pair')
    const okAt = (pair === undefined ? undefined : records.get(pair.key))?.ok_at ?? 0
    const isFamiliar = okAt > 0 && okAt + familiarUs > now
    const verdicts = subjects
      .filter(({ kind }) => !isNeverLocked || kind === 'address')
      .filter(({ kind }) => kind === 'pair' || !(isTrusted || (kind === 'account' && isFamiliar)))
      .map(({ kind, key }) => verdict(tallyOf(records.get(key)), this.#rules[kind], now))
    const waitUs = Math.max(0, ...verdicts.map((one) => (one.is === 'locked' ? one.waitUs : 0)))
    if (waitUs > 0) throw tooMany(Math.ceil(waitUs / 1_000_000))
    return verdicts.some(({ is }) => is === 'busy') ? 'busy' : 'free'
  }

  /** All of the subjects in one transaction. True when nothing was to be changed. */
  #change(subjects: readonly Subject[], decide: Change, isGood = false): Promise<boolean> {
    // In one order everywhere, so that two processes never hold what the other waits for.
    const sorted = subjects.toSorted((a, b) => (a.key < b.key ? -1 : 1))
    const keys = sorted.map(({ key }) => key)
    return this.#store.transaction(async (tx) => {
      const records = byKey(await lockLoginRecords(tx, keys))
      const now = this.#clock.now()
      const next = decide(records, now)
      if (next === null) return true
      for (const subject of sorted) {
        const before = records.get(subject.key)
        const { failures, since, freeAt, open, touchedAt } = next(subject, tallyOf(before))
        const after: LoginRecord = {
          subject: subject.key,
          failures,
          since,
          free_at: freeAt,
          open,
          ok_at: isGood && subject.kind === 'pair' ? now : (before?.ok_at ?? 0),
          touched_at: touchedAt,
        }
        await writeLoginRecord(tx, after, before === undefined)
      }
      return false
    })
  }

  /** Rows of made-up names and addresses must not pile up. */
  async #purge(): Promise<void> {
    const now = this.#clock.now()
    if (now - this.#purgedAt < purgeEveryUs) return
    this.#purgedAt = now
    await purgeLoginRecords(this.#store.db, {
      // A pause may be as long as the window, and growth is remembered for one more.
      failedBefore: now - 2 * this.#limits.windowS * 1_000_000,
      goodBefore: now - familiarUs,
      most: this.#limits.maxRecords,
    })
  }
}

const tooMany = (retryAfterS: number): Error =>
  fault('TooManyRequests', { message: 'Too many failed logins; try again later.', retryAfterS })

const addressKey = (client: string): string => `a:${client}`

const subjectsOf = ({ account, client }: Attempt): readonly Subject[] => [
  { kind: 'pair', key: `p:${account}|${client}` },
  { kind: 'account', key: `t:${account}` },
  { kind: 'address', key: addressKey(client) },
]

const byKey = (records: readonly LoginRecord[]): Map<string, LoginRecord> =>
  new Map(records.map((record) => [record.subject, record]))

const tallyOf = (record: LoginRecord | undefined): Tally =>
  record === undefined
    ? nothing
    : {
        failures: record.failures,
        since: record.since,
        freeAt: record.free_at,
        open: record.open,
        touchedAt: record.touched_at,
      }
