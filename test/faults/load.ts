/**
 * Clients that never stop asking: they create, extend, snapshot, allow, deny and delete, and work on groups, repeat a POST whose answer was lost
 * with the same Idempotency-Key, and write down every request that was accepted.
 */
import { randomUUID } from 'node:crypto'
import { closeSync, openSync, writeSync } from 'node:fs'
import { groupVerbs, groupWork, type GroupVerb } from './group-load.ts'
import type { Reply, World } from './world.ts'

type ShareVerb = 'create' | 'extend' | 'snapshot' | 'allow' | 'deny' | 'delete'
export type Verb = ShareVerb | GroupVerb

export interface Load {
  /** Requests answered with success so far. */
  readonly accepted: () => Readonly<Record<ShareVerb, number> & Partial<Record<GroupVerb, number>>>
  /** Each client ends after the request it is at, which it repeats until it is answered. */
  stop(): Promise<void>
}

/** A small generator with a seed (mulberry32), so that a run can be repeated. */
export function seeded(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

interface Mine {
  readonly id: string
  sizeGib: number
  readonly snapshots: Set<string>
  readonly rules: Set<string>
}

const sharesPerClient = 4
const snapshotsPerShare = 2
const largestGib = 4
/** Of a client's turns, where there are groups: they take many requests to become anything. */
const groupsShare = 0.35

export interface LoadOptions {
  readonly clients: number
  readonly seed: number
  /** One of these for each share, at random; the default type without any. */
  readonly shareTypes?: readonly string[]
  /** Milliseconds that a client rests between two requests, at most; default 30. */
  readonly restMs?: number | undefined
  /** Share groups beside shares; a release before has none. */
  readonly groups?: boolean
  /** Told of every answer, with the milliseconds it took; status 0 = none came. */
  readonly answered?: (status: number, ms: number) => void
}

export function startLoad(world: Pick<World, 'call'>, journal: string, options: LoadOptions): Load {
  const { clients, seed, shareTypes = [], restMs = 30, groups = false, answered = () => {} } = options
  const file = openSync(journal, 'a')
  const counts: Partial<Record<Verb, number>> & Record<ShareVerb, number> = {
    create: 0,
    extend: 0,
    snapshot: 0,
    allow: 0,
    deny: 0,
    delete: 0,
    ...(groups ? Object.fromEntries(groupVerbs.map((verb) => [verb, 0])) : {}),
  }
  const stopping = new AbortController()
  let patienceUntil = Infinity
  const note = (verb: Verb, id: string, share: string, { requestId }: Reply, again: boolean): void => {
    counts[verb] = (counts[verb] ?? 0) + 1
    writeSync(
      file,
      `${JSON.stringify({ verb, id, share, request: requestId, ...(again ? { again } : {}) })}\n`,
    )
  }

  /** Asks until there is an answer; a dead service answers when it is back. */
  async function ask(
    method: string,
    path: string,
    body?: unknown,
  ): Promise<{ reply: Reply; again: boolean }> {
    const key = method === 'POST' ? randomUUID() : undefined
    for (let again = false; ; again = true) {
      const began = performance.now()
      try {
        const reply = await world.call(method, path, body, key)
        answered(reply.status, performance.now() - began)
        // Refused for now: the same request with the same key may be accepted later, or already has been.
        if (reply.status !== 503 || performance.now() > patienceUntil) return { reply, again }
        await pause(200)
      } catch (error) {
        answered(0, performance.now() - began)
        if (performance.now() > patienceUntil) throw error
        await pause(120)
      }
    }
  }

  async function client(random: () => number): Promise<void> {
    const shares: Mine[] = []
    const oneOf = <T>(things: Iterable<T>): T | undefined => {
      const list = [...things]
      return list[Math.floor(random() * list.length)]
    }
    const act = (share: Mine, name: string, body: unknown) =>
      ask('POST', `/shares/${share.id}/action`, { [name]: body })

    const workOnGroups = groupWork({ ask, note, random, shareTypes })
    const deeds: Readonly<Record<ShareVerb, (share: Mine) => Promise<void>>> = {
      async create() {
        if (shares.length >= sharesPerClient) return
        const type = oneOf(shareTypes)
        const share = { share_proto: 'NFS', size: 1, ...(type === undefined ? {} : { share_type: type }) }
        const { reply, again } = await ask('POST', '/shares', { share })
        if (reply.status >= 300) return
        const id = reply.body.share.id as string
        note('create', id, id, reply, again)
        shares.push({ id, sizeGib: 1, snapshots: new Set(), rules: new Set() })
      },
      async extend(share) {
        if (share.sizeGib >= largestGib) return
        const { reply, again } = await act(share, 'extend', { new_size: share.sizeGib + 1 })
        if (reply.status >= 300) return
        note('extend', share.id, share.id, reply, again)
        share.sizeGib++
      },
      async snapshot(share) {
        if (share.snapshots.size >= snapshotsPerShare) return
        const { reply, again } = await ask('POST', '/snapshots', { snapshot: { share_id: share.id } })
        if (reply.status >= 300) return
        const id = reply.body.snapshot.id as string
        note('snapshot', id, share.id, reply, again)
        share.snapshots.add(id)
      },
      async allow(share) {
        const access_to = `10.${Math.floor(random() * 250)}.${Math.floor(random() * 250)}.7`
        const rule = { access_type: 'ip', access_to, access_level: random() < 0.5 ? 'rw' : 'ro' }
        const { reply, again } = await act(share, 'allow_access', rule)
        if (reply.status >= 300) return
        const id = reply.body.access.id as string
        note('allow', id, share.id, reply, again)
        share.rules.add(id)
      },
      async deny(share) {
        const id = oneOf(share.rules)
        if (id === undefined) return
        const { reply, again } = await act(share, 'deny_access', { access_id: id })
        if (reply.status < 300) note('deny', id, share.id, reply, again)
        if (reply.status < 300 || reply.status === 404) share.rules.delete(id)
      },
      async delete(share) {
        const snapshot = oneOf(share.snapshots)
        const path = snapshot === undefined ? `/shares/${share.id}` : `/snapshots/${snapshot}`
        const { reply, again } = await ask('DELETE', path)
        // The repeat of a DELETE that was accepted is refused: nobody was told, so it isn't in the journal.
        if (reply.status < 300) note('delete', snapshot ?? share.id, share.id, reply, again)
        if (reply.status >= 300 && reply.status !== 404) return
        if (snapshot === undefined) shares.splice(shares.indexOf(share), 1)
        else share.snapshots.delete(snapshot)
      },
    }
    const order: readonly ShareVerb[] = [
      'extend',
      'snapshot',
      'allow',
      'allow',
      'allow',
      'deny',
      'deny',
      'delete',
      'delete',
    ]
    while (!stopping.signal.aborted) {
      const share = oneOf(shares)
      if (groups && random() < groupsShare) await workOnGroups()
      else if (share === undefined || (shares.length < sharesPerClient && random() < 0.5))
        await deeds.create(undefined as never)
      else await deeds[oneOf(order) ?? 'allow'](share)
      await pause(random() * restMs)
    }
  }

  const all = Array.from({ length: clients }, (_, index) => client(seeded(seed + index)))
  // A client that breaks is reported by stop(), not as an unhandled rejection in between.
  const ended = Promise.allSettled(all)
  return {
    accepted: () => ({ ...counts }),
    async stop() {
      stopping.abort()
      patienceUntil = performance.now() + 30_000
      const broken = (await ended).find((end) => end.status === 'rejected')
      closeSync(file)
      if (broken !== undefined) throw broken.reason
    },
  }
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))
