/** Attacks by names: the directory of exports, what is above a root, names that mean something to a file system, planted links. */
import { NfsError } from '../nfs4/nfs-error.ts'
import {
  getAttributes,
  getFh,
  lookup,
  putFh,
  putRootFh,
  read,
  readDirectory,
  remove,
  saveFh,
} from '../nfs4/operations.ts'
import {
  lookupBytes,
  lookupParent,
  makeDevice,
  makeSymlink,
  putPublicFh,
  readLink,
  restoreFh,
  securityOf,
} from '../nfs4/raw-operations.ts'
import { wayTo } from './holding.ts'
import { attributesOfOthers, bytesOfOthers, namesOfOthers } from './judge.ts'
import type { Operation } from '../nfs4/operations.ts'
import type { Claimed } from '../nfs4/rpc.ts'
import type { NfsAttack, Outcome } from './attack.ts'
import type { Field } from './field.ts'

const list = readDirectory(0n, Buffer.alloc(8), ['type', 'fileId', 'handle'])
const facts = getAttributes(['type', 'size', 'fileSystem', 'fileId', 'modifiedAt'])
const anyState = Buffer.alloc(16)
const get = read(anyState, 0, 65_536)

type Way = readonly Operation<unknown>[]

/** Sends each way in 4.0 and 4.1 and judges what came back. */
async function walk(field: Field, ways: readonly Way[], as?: Claimed): Promise<Outcome> {
  const answers = new Map<string, number>()
  const found: string[] = []
  for (const minor of [0, 1] as const) {
    const raw = await field.attacker(minor)
    for (const way of ways) {
      const reply = await raw.compound(way, as).catch(refusedByRpc)
      const last = reply?.done.at(-1)
      const answer = `${last?.name ?? 'RPC'} ${reply?.status.replace('NFS4ERR_', '') ?? 'refuses'}`
      answers.set(answer, (answers.get(answer) ?? 0) + 1)
      if (reply === null) continue
      const [page, seen, bytes, target] = [reply.of(list), reply.of(facts), reply.of(get), reply.of(readLink)]
      const what =
        (page && namesOfOthers(field, page)) ??
        (seen && attributesOfOthers(field, seen)) ??
        (bytes && bytesOfOthers(field, bytes.bytes)) ??
        (target === undefined ? null : bytesOfOthers(field, Buffer.from(target)))
      if (what !== null && what !== undefined) found.push(`${way.map(({ name }) => name).join(' ')}: ${what}`)
    }
  }
  const harm = await field.harm()
  const wrong = [...found, ...(harm === null ? [] : [harm])]
  const said = [...answers].map(([answer, times]) => `${times} ${answer}`).join(', ')
  return {
    through: wrong.length > 0,
    tried: `${ways.length} ways in 4.0 and 4.1`,
    cameBack: [said, ...wrong].join('; '),
  }
}

/** A call that no server can read is refused before it is looked at. */
export function refusedByRpc(error: unknown): null {
  if (error instanceof NfsError && error.code === 'DENIED') return null
  throw error
}

const exportNames = (field: Field): readonly string[] =>
  [...field.others, ...field.gone].map(
    ({ location }) => field.hostile.reach(location).path.split('/').at(-1) ?? '',
  )

export const nameAttacks: readonly NfsAttack[] = [
  {
    name: 'the directory of exports',
    tries: "lists it and asks for others' exports by their names",
    async run(field) {
      const names = exportNames(field)
      return walk(field, [
        [putRootFh, list],
        [putPublicFh, list],
        ...names.map((name) => [putRootFh, lookup(name), getFh, facts, list]),
        ...names.map((name) => [putPublicFh, lookup(name), getFh, facts, list]),
        ...names.map((name) => [putRootFh, securityOf(name), lookup(name), getFh, facts]),
        ...names.map((name) => [...wayTo(field.hostile, field.mine.location), lookup(name), getFh, facts]),
      ])
    },
  },
  {
    name: 'above the root',
    tries: 'goes up from the root of its share, and up again, and down to others',
    async run(field) {
      const own = wayTo(field.hostile, field.mine.location)
      const root = putFh(field.mine.handles[0]?.bytes ?? Buffer.alloc(0))
      const directory = putFh(field.mine.handles[2]?.bytes ?? Buffer.alloc(0))
      return walk(field, [
        [...own, lookupParent, facts, list],
        [...own, lookupParent, lookupParent, facts, list],
        [root, lookupParent, facts, list],
        [directory, lookupParent, lookupParent, lookupParent, facts, list],
        [root, saveFh, lookupParent, restoreFh, lookupParent, facts, list],
        ...exportNames(field).flatMap((name) => [
          [...own, lookupParent, lookup(name), facts, list],
          [root, lookupParent, lookup(name), getFh, facts, list],
        ]),
      ])
    },
  },
  {
    name: 'names that are ways',
    tries: 'looks up "..", ".", slashes, NULs, nothing and bytes that are no text',
    async run(field) {
      const own = wayTo(field.hostile, field.mine.location)
      const victim = field.hostile.reach(field.victim.location).path.slice(1)
      const names = [
        '..',
        '.',
        '',
        '/',
        '../../../drivers',
        `../${victim}`,
        `..\\${victim}`,
        '...',
        '.snapshot',
        '.snap',
        '.zfs',
        'a/b',
        `/${victim}`,
        '..\0',
        '\0',
        `${field.mine.secret.file}\0`,
        `${field.mine.secret.directory}/..`,
        'x'.repeat(255),
        'x'.repeat(256),
        'x'.repeat(5000),
      ].map((name) => Buffer.from(name))
      const strange = [
        Buffer.from([0xff, 0xfe]),
        Buffer.from([0xc0, 0xae, 0xc0, 0xae]),
        Buffer.alloc(255, 0x80),
      ]
      return walk(field, [
        ...[...names, ...strange].map((name) => [...own, lookupBytes(name), getFh, facts, list]),
        ...names.map((name) => [putRootFh, lookupBytes(name), getFh, facts, list]),
      ])
    },
  },
  {
    name: 'as other users',
    tries: "claims to be others, with every group, and uses others' handles and exports",
    async run(field) {
      const users: readonly Claimed[] = [
        { uid: 0, gid: 0, groups: Array.from({ length: 16 }, (_, group) => group) },
        { uid: 65_534, gid: 65_534 },
        { uid: 1000, gid: 1000, groups: [0] },
        { uid: 0xffff_ffff, gid: 0xffff_ffff },
        { uid: 0xffff_fffe, gid: 0 },
      ]
      const names = exportNames(field)
      const ways = [
        [putRootFh, list],
        ...names.map((name) => [putRootFh, lookup(name), getFh, facts, list]),
        ...field.others.flatMap(({ handles }) => handles.map(({ bytes }) => [putFh(bytes), getFh, facts])),
      ]
      const outcomes: Outcome[] = []
      for (const user of users) outcomes.push(await walk(field, ways, user))
      const through = outcomes.filter((outcome) => outcome.through)
      const [first] = through.length > 0 ? through : outcomes
      return {
        through: through.length > 0,
        tried: `${ways.length} ways as ${users.length} users in 4.0 and 4.1`,
        cameBack: first?.cameBack ?? '',
      }
    },
  },
]

/** Changes the own share, so it comes after those who compare with what was there. */
export const plantedAttack: NfsAttack = {
  name: 'planted links and devices',
  tries: "plants symbolic links out of the share and the host's block devices, and goes through them",
  async run(field) {
    const own = wayTo(field.hostile, field.mine.location)
    const victim = field.hostile.reach(field.victim.location).path
    const targets = [
      '/',
      '..',
      '../../../drivers',
      `..${victim}`,
      '/proc/self/root',
      '/etc/passwd',
      '/dev/loop0',
    ]
    const devices = [...field.devices, { major: 7, minor: 0 }, { major: 1, minor: 1 }]
    const outcome = await walk(field, [
      ...targets.flatMap((target) => [
        [...own, makeSymlink('planted', target)],
        [...own, lookup('planted'), lookup('etc'), facts, list],
        [...own, lookup('planted'), list],
        [...own, lookup('planted'), get],
        [...own, lookup('planted'), lookup(field.victim.secret.file), facts, get],
        [...own, remove('planted')],
      ]),
      ...devices.flatMap((device) =>
        [3, 4].flatMap((type) => [
          [...own, makeDevice('planted', type, device)],
          [...own, lookup('planted'), get],
          [...own, remove('planted')],
        ]),
      ),
    ])
    return outcome
  },
}
