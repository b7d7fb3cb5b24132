/**
 * A file of records, each stable on the server before the next is begun, so that at any moment it is known what must be there
 * whatever dies. The writer goes on through everything that a client forgives: it mounts again and repeats its record.
 */
import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { NfsError } from '../../src/storage/contract/conformance/nfs4/index.ts'
import type { Nfs } from '../../src/storage/contract/conformance/nfs4/files.ts'

export const recordBytes = 4096

/** No two records of any journal are alike. */
export function record(journal: string, number: number): Buffer {
  const bytes = Buffer.alloc(recordBytes)
  bytes.writeDoubleBE(number)
  const rest = createHash('sha512').update(`${journal} ${number}`).digest()
  for (let at = 8; at < recordBytes; at += rest.length) rest.copy(bytes, at)
  return bytes
}

/** Counts the records that are whole, in order, from the start; what follows the last of them must be one that was under way. */
export class JournalCheck {
  readonly #journal: string
  #pending = Buffer.alloc(0)
  #whole = 0
  #torn = 0

  constructor(journal: string) {
    this.#journal = journal
  }

  update(piece: Buffer): void {
    const bytes = this.#pending.length === 0 ? piece : Buffer.concat([this.#pending, piece])
    let at = 0
    for (; at + recordBytes <= bytes.length; at += recordBytes) {
      const right = bytes.subarray(at, at + recordBytes).equals(record(this.#journal, this.#whole))
      if (right && this.#torn === 0) this.#whole++
      else this.#torn++
    }
    this.#pending = Buffer.from(bytes.subarray(at))
  }

  /** Records that are there. Throws when more than one that never was acknowledged follows them. */
  end(): number {
    if (this.#torn + (this.#pending.length > 0 ? 1 : 0) > 1)
      throw new Error(`${this.#journal}: record ${this.#whole} is wrong, and it is not the last`)
    return this.#whole
  }
}

/** As the server gives it out. */
export async function recordsOver(nfs: Nfs, journal: string): Promise<number> {
  const check = new JournalCheck(journal)
  await nfs.readTo(journal, check)
  return check.end()
}

/** As it lies in a directory of this host. */
export async function recordsIn(dir: string, journal: string): Promise<number> {
  const check = new JournalCheck(journal)
  for await (const piece of createReadStream(`${dir}/${journal}`, { highWaterMark: 1024 * 1024 }))
    check.update(piece as Buffer)
  return check.end()
}

export interface Writer {
  readonly journal: string
  /** Records that the server said are stable. */
  acknowledged(): number
  /** How often each error came, by the protocol's name. */
  errors(): Readonly<Record<string, number>>
  /** Milliseconds of the longest single attempt, and between two acknowledged records. */
  longestMs(): { readonly attempt: number; readonly gap: number }
  /** Ends after the record under way. Throws what was no error of NFS. */
  stop(): Promise<void>
}

export interface WriterOptions {
  /** Milliseconds of rest after each record. */
  readonly restMs?: number
}

/** Begins to write at once. `mount` gives a new mount whenever the old one is of no use any more. */
export function startWriter(
  journal: string,
  mount: () => Promise<Nfs>,
  { restMs = 0 }: WriterOptions = {},
): Writer {
  const stopping = new AbortController()
  const errors: Record<string, number> = {}
  let acknowledged = 0
  let attempt = 0
  let gap = 0
  let nfs: Nfs | null = null

  const one = async (): Promise<void> => {
    nfs ??= await mount()
    const bytes = record(journal, acknowledged)
    await nfs.write(journal, bytes, acknowledged === 0 ? {} : { resumeAt: acknowledged * recordBytes })
    acknowledged++
  }
  const run = async (): Promise<void> => {
    let last = performance.now()
    while (!stopping.signal.aborted) {
      const began = performance.now()
      try {
        await one()
        const now = performance.now()
        gap = Math.max(gap, now - last)
        last = now
        if (restMs > 0) await sleep(restMs)
      } catch (error) {
        if (!(error instanceof NfsError)) throw error
        errors[error.code] = (errors[error.code] ?? 0) + 1
        // Full and read-only pass by themselves; everything else may be the mount.
        if (!/NOSPC|ROFS|DQUOT/.test(error.code)) {
          await nfs?.close()
          nfs = null
        }
        await sleep(50)
      }
      attempt = Math.max(attempt, performance.now() - began)
    }
    await nfs?.close()
  }
  const done = run()
  // Heard in stop().
  done.catch(() => undefined)
  return {
    journal,
    acknowledged: () => acknowledged,
    errors: () => ({ ...errors }),
    longestMs: () => ({ attempt, gap }),
    async stop() {
      stopping.abort()
      await done
    },
  }
}
