/**
 * Where NFS is attacked. Project A holds a share that the attacker may mount, and others that it may not: a sibling share,
 * a snapshot of it, one whose rule was taken back, one that was deleted. Project B, the victim, holds a share and a snapshot of
 * it with other content. Every one of them has something in it that must not come back, whatever the attacker sends.
 */
import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { execFile } from 'node:child_process'
import { statSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import { getAttributes, putRootFh } from '../nfs4/operations.ts'
import { needed, type RawNfs } from '../nfs4/raw.ts'
import { seeded } from './handles.ts'
import {
  clientOf,
  digest,
  hide,
  look,
  newSecret,
  unveil,
  type Facts,
  type Holding,
  type Secret,
} from './holding.ts'
import { mounts } from '../../../host/mountinfo.ts'
import type { ExportRef, Tree } from '../../driver.ts'
import type { Bench, HeldShare } from '../bench.ts'
import type { Hostile } from '../target.ts'

const run = promisify(execFile)

/** The longest that clients may be without a server that died, on a machine that does much else. What it took is told. */
export const backWithinMs = 10_000

export interface Field {
  readonly hostile: Hostile
  /** The one share that the attacker may mount. */
  readonly mine: Holding
  /** What it may not, and that still stands. */
  readonly others: readonly Holding[]
  /** Project B's among them; its server has to be the same process all the time. */
  readonly victim: Holding
  /** Those of which handles are left and nothing else. */
  readonly gone: readonly Holding[]
  /** Whether the storage, and not what is mounted, keeps clients apart. */
  readonly judgesUsers: boolean
  /** Whether the server says of each share that it is another file system. */
  readonly fileSystemsDiffer: boolean
  /** As the server tells it, of the directory that holds the exports. */
  readonly pseudoFileSystem: string
  /** Of what stands on this host: a forged handle may say where. */
  readonly devices: readonly { readonly major: number; readonly minor: number }[]
  /** What statfs(2) calls file systems of this host, the one with the root first. */
  readonly hostFsids: readonly bigint[]
  /** Whether one server serves both projects. */
  readonly oneServer: boolean
  readonly seed: number
  /** Numbers of 32 bits from {@link seed}. */
  readonly random: () => number
  /** The attacker's connection to the server of its own share: the same till it breaks. */
  attacker(minor: 0 | 1): Promise<RawNfs>
  /** Waits until the attacker's own server serves again; answers milliseconds. Throws when it does not come back. */
  untilBack(): Promise<number>
  /** How others' property or servers are not as they were before the attack; null when they are. */
  harm(): Promise<string | null>
  close(): Promise<void>
}

export interface FieldOptions {
  readonly seed?: number
}

/** Makes the field on a bench that is open. */
export async function openField(bench: Bench, { seed }: FieldOptions = {}): Promise<Field> {
  const hostile = bench.backend.hostile ?? assert.fail('the target says nothing of hostile clients')
  const { attacker, neighbour, victim: victimAddress } = hostile.clients
  const { publisher, driver } = bench
  const projects = { a: newProject(), b: newProject() }

  async function publish(ref: ExportRef, client: string): Promise<string> {
    const [location] = await publisher.publish(bench.call({ lane: ref.id }), ref)
    assert.ok(location, 'no export location')
    await allow(ref, client)
    return location.path
  }
  async function allow(ref: ExportRef, client: string | null): Promise<void> {
    const rules = client === null ? [] : [{ id: randomUUID(), type: 'ip', to: client, level: 'rw' as const }]
    const outcomes = await publisher.applyRules(bench.call({ lane: ref.id }), ref, rules)
    for (const { state, why } of outcomes) assert.equal(state, 'active', why ?? 'the rule is not active')
  }
  async function holding(
    what: string,
    projectId: string,
    client: string,
  ): Promise<{ share: HeldShare; ref: ExportRef; holding: Holding }> {
    const share = await bench.share({ projectId })
    const ref = bench.exportRef(share)
    const location = await publish(ref, client)
    const secret = newSecret()
    await hide(hostile, location, client, secret)
    const seen = named(what, await look(hostile, location, client, secret))
    return { share, ref, holding: { what, id: ref.id, projectId, location, client, secret, ...seen } }
  }
  /** A snapshot with what the share holds, which then gets other content. */
  async function snapshot(
    what: string,
    of: { share: HeldShare; holding: Holding },
    client: string,
  ): Promise<Holding | null> {
    if (!driver.mountsSnapshots) return null
    const taken = await bench.snapshot(of.share)
    const tree = await driver.mountsSnapshots.tree(bench.call({ lane: taken.id }), taken)
    const ref = bench.exportRef(of.share, { id: taken.id, state: taken.state, tree, name: taken.id })
    const location = await publish(ref, client)
    const { secret } = of.holding
    const seen = named(what, await look(hostile, location, client, secret))
    return { what, id: taken.id, projectId: ref.projectId, location, client, secret, ...seen }
  }
  /** Another secret in the share than in its snapshots. */
  async function rewritten(of: { ref: ExportRef; holding: Holding }): Promise<Holding> {
    const secret: Secret = newSecret()
    const { what, location, client } = of.holding
    await unveil(hostile, location, client, of.holding.secret)
    await hide(hostile, location, client, secret)
    return { ...of.holding, secret, ...named(what, await look(hostile, location, client, secret)) }
  }

  const mine = await holding('the own share', projects.a, attacker)
  const sibling = await holding('a sibling', projects.a, neighbour)
  const victim = await holding("the victim's share", projects.b, victimAddress)
  const snapshots = [
    await snapshot("the victim's snapshot", victim, victimAddress),
    await snapshot("the own share's snapshot", mine, neighbour),
  ].filter((one) => one !== null)
  const victimNow = snapshots.length > 0 ? await rewritten(victim) : victim.holding
  const mineNow = snapshots.length > 0 ? await rewritten(mine) : mine.holding
  // Handles that the attacker once had by right.
  const withdrawn = await holding('a share that it was let into before', projects.a, attacker)
  await allow(withdrawn.ref, neighbour)
  const deleted = await holding('a deleted share', projects.b, victimAddress)
  await publisher.unpublish(bench.call({ lane: deleted.ref.id }), deleted.ref)
  await driver.delete(bench.call({ lane: deleted.share.id }), deleted.share.ref)

  const others = [victimNow, sibling.holding, ...snapshots, { ...withdrawn.holding, client: neighbour }]
  const trees = [mine, sibling, victim, withdrawn].flatMap(({ share: { tree } }) => tree ?? [])
  const pseudo = await clientOf(hostile, mineNow.location, attacker)
  const rootFacts = getAttributes(['fileSystem'])
  const pseudoFileSystem = needed(await pseudo.compound([putRootFh, rootFacts]), rootFacts).fileSystem ?? ''
  await pseudo.close()

  const serverBefore = await hostile.serverOf(victimNow.id)
  assert.ok(serverBefore !== null, "the victim's server runs")
  const oneServer = serverBefore === (await hostile.serverOf(mineNow.id))
  const before = new Map<Holding, string>()
  for (const one of others) before.set(one, await digest(hostile, one))
  const chosen = seed ?? Math.floor(Math.random() * 2 ** 32)
  const connections: Record<0 | 1, RawNfs | null> = { 0: null, 1: null }

  const field: Field = {
    hostile,
    mine: mineNow,
    others,
    victim: victimNow,
    gone: [deleted.holding],
    pseudoFileSystem,
    judgesUsers: driver.separates === 'user',
    fileSystemsDiffer: others.every(({ facts: [root] }) => root?.fileSystem !== mineNow.facts[0]?.fileSystem),
    devices: [...trees.flatMap(deviceOf), ...mountPoints(trees).flatMap(numbersOf)],
    hostFsids: await fsidsOf(mountPoints(trees)),
    oneServer,
    seed: chosen,
    random: seeded(chosen),
    async attacker(minor) {
      return (connections[minor] ??= await clientOf(hostile, mineNow.location, attacker, minor))
    },
    async untilBack() {
      const began = performance.now()
      await field.close()
      await hostile.revive?.()
      for (;;) {
        try {
          const raw = await clientOf(hostile, mineNow.location, attacker)
          await raw.close()
          return performance.now() - began
        } catch (error) {
          if (performance.now() - began > 60_000)
            throw new Error('the server that died did not come back in a minute', { cause: error })
          await sleep(10)
        }
      }
    },
    async harm() {
      const serverNow = await hostile.serverOf(victimNow.id)
      if (serverNow !== serverBefore && !oneServer)
        return `the server of the other project was ${serverBefore} and is ${serverNow ?? 'gone'}`
      for (const [one, was] of before)
        if ((await digest(hostile, one)) !== was) return `${one.what} has changed`
      return null
    },
    async close() {
      const open = Object.values(connections)
      connections[0] = connections[1] = null
      for (const raw of open) await raw?.close()
    },
  }
  return field
}

const newProject = (): string => randomUUID().replaceAll('-', '')

const named = (
  owner: string,
  { handles, facts }: { handles: Holding['handles']; facts: readonly Facts[] },
): Pick<Holding, 'handles' | 'facts'> => ({
  handles: handles.map(({ what, bytes }) => ({ what: `${what} of ${owner}`, bytes })),
  facts,
})

const enoughMounts = 24

/** Mount points of file systems on disks: the root's, then those that have most of their path in common with the trees. */
function mountPoints(trees: readonly Tree[]): readonly string[] {
  const common = (path: string) => Math.max(0, ...trees.map((tree) => inCommon(path, tree.path)))
  const disks = mounts().filter(({ source }) => source.startsWith('/dev/') || source === 'overlay')
  const near = disks.map(({ path }) => path).toSorted((a, b) => common(b) - common(a))
  return [...new Set(['/', ...near])].slice(0, enoughMounts)
}

function inCommon(a: string, b: string): number {
  let length = 0
  while (length < a.length && a[length] === b[length]) length++
  return length
}

async function fsidsOf(paths: readonly string[]): Promise<readonly bigint[]> {
  const found = await Promise.all(
    paths.map(async (path) => {
      const argv = ['--file-system', '--format', '%i', '--', path]
      // Others unmount what is theirs in the meantime.
      const said = await run('stat', argv).catch(() => null)
      return said === null ? [] : [BigInt(`0x${said.stdout.trim()}`)]
    }),
  )
  return [...new Set(found.flat())]
}

function deviceOf(tree: Tree): { major: number; minor: number }[] {
  return tree.ceph === undefined ? numbersOf(tree.path) : []
}

function numbersOf(path: string): { major: number; minor: number }[] {
  const found = statSync(path, { throwIfNoEntry: false })
  if (found === undefined) return []
  const { dev } = found
  // As in sysmacros.h, of the kernel's 32-bit numbers.
  return [{ major: (dev >>> 8) & 0xfff, minor: (dev & 0xff) | ((dev >>> 12) & 0xfff00) }]
}
