/**
 * What one project may keep an API process busy with. Requests above its share wait in a line of their project's own, so that whoever
 * sends many delays itself and not the others; a line that is too long is refused. Long lists have places, too: each
 * holds memory for as long as its client takes to read it.
 */
import { fault } from '../model/errors.ts'

/** Waiting requests of a project after which it is refused: its clients have given up on the last of them. */
const longestLine = 256
/** Seconds after which a refused client may try again. */
const retryAfterS = 2

const longestRestMs = 500
/** Milliseconds after which another project that asked counts as gone: a client that polls comes again sooner. */
const besideMs = 1000

/** After which requests a place stays empty for as long as the request took, so that the others have their turn. */
export interface Rests {
  /** Milliseconds of a request that nobody else notices. */
  readonly aboveMs: number
  /** Also where no other project was heard of. */
  readonly alone: boolean
}

/** For a database whose statements keep this thread: while they do nobody can be heard of, and one would follow the other. */
export const restsOfThread: Rests = { aboveMs: 25, alone: true }
/**
 * For a database server: who keeps all his places busy with long statements takes the processors of everybody's. 100 ms is what
 * the work of an ordinary request stays below even where many are under way.
 */
export const restsOfServer: Rests = { aboveMs: 100, alone: false }

interface Line {
  running: number
  readonly waiting: (() => void)[]
}

interface Heard {
  readonly key: string | null
  readonly atMs: number
}
const nobody: Heard = { key: null, atMs: Number.NEGATIVE_INFINITY }

export class Gate {
  readonly #limit: number
  readonly #rests: Rests | null
  readonly #lines = new Map<string, Line>()
  /** Who asked last, and who did before him. */
  #last: Heard = nobody
  #before: Heard = nobody

  /** `perProject`: requests of one project that are worked on at once. */
  constructor(perProject: number, { rests = null }: { readonly rests?: Rests | null } = {}) {
    this.#limit = perProject
    this.#rests = rests
  }

  /** Runs `body` when it is `key`'s turn; 429 when too many wait already. */
  async run<T>(key: string, body: () => Promise<T>): Promise<T> {
    this.#hear(key)
    const line = this.#lines.get(key) ?? { running: 0, waiting: [] }
    this.#lines.set(key, line)
    if (line.running < this.#limit) line.running++
    else {
      if (line.waiting.length >= longestLine) {
        const message = `Too many requests of this project are under way: ${this.#limit} are worked on at once.`
        throw fault('TooManyRequests', { message, retryAfterS })
      }
      // Whoever leaves hands its place on.
      await new Promise<void>((resolve) => line.waiting.push(resolve))
    }
    const began = performance.now()
    try {
      return await body()
    } finally {
      const tookMs = performance.now() - began
      const leave = (): void => this.#leave(key, line)
      if (this.#mustRest(key, tookMs)) setTimeout(leave, Math.min(tookMs, longestRestMs))
      // Without any pause a line of statements that answer at once would run to its end before anybody else is heard.
      else if (line.waiting.length > 0) setImmediate(leave)
      else leave()
    }
  }

  #hear(key: string): void {
    if (this.#last.key !== key) this.#before = this.#last
    this.#last = { key, atMs: performance.now() }
  }

  #mustRest(key: string, tookMs: number): boolean {
    if (this.#rests === null || tookMs <= this.#rests.aboveMs) return false
    const other = this.#last.key === key ? this.#before : this.#last
    return this.#rests.alone || performance.now() - other.atMs < besideMs
  }

  #leave(key: string, line: Line): void {
    const next = line.waiting.shift()
    if (next !== undefined) next()
    else if (--line.running === 0) this.#lines.delete(key)
  }
}

/** What places are of, for the refusals. */
export interface PlaceWords {
  /** `each`, `all`: how many there are. */
  readonly each: (most: number) => string
  readonly all: (most: number) => string
}

export const longLists: PlaceWords = {
  each: (most) =>
    `This project is reading ${most} long lists, the most at once: read them, or ask for pages with limit.`,
  all: (most) =>
    `${most} long lists are being read, the most at once: ask for pages with limit, or try again later.`,
}

export class Places {
  readonly #limits: { readonly each: number; readonly all: number }
  readonly #words: PlaceWords
  readonly #taken = new Map<string, number>()
  #all = 0

  constructor(limits: { readonly each: number; readonly all: number }, words: PlaceWords) {
    this.#limits = limits
    this.#words = words
  }

  /** How many are taken. */
  get taken(): number {
    return this.#all
  }

  /** Takes a place of `key`'s and answers what gives it back; 429 when it has none left, 503 when nobody has. */
  take(key: string): () => void {
    const own = this.#taken.get(key) ?? 0
    const { each, all } = this.#limits
    if (own >= each) {
      throw fault('TooManyRequests', { message: this.#words.each(each), retryAfterS })
    }
    if (this.#all >= all) {
      throw fault('Unavailable', { message: this.#words.all(all), retryAfterS })
    }
    this.#taken.set(key, own + 1)
    this.#all++
    let held = true
    return () => {
      if (!held) return
      held = false
      this.#all--
      const left = (this.#taken.get(key) ?? 1) - 1
      if (left === 0) this.#taken.delete(key)
      else this.#taken.set(key, left)
    }
  }
}
