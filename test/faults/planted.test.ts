/** "Nothing is wrong" means something only if the checker finds what is: each wrong is planted once, and must be found. */
import { spawnSync } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import {
  copyFileSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { scratch } from '../../src/storage/drivers/btrfs/bench.fixture.ts'
import { openRows } from '../helpers/rows.ts'
import { obstacleOf } from '../system/nfs-bench.ts'
import { quiet } from './every-step.ts'
import { memberCases } from './member-cases.ts'
import { scenarios } from './scenarios.ts'
import { leftOnHost, openWorld, type CheckReport, type StorageKind, type World } from './world.ts'

const bench = scratch()
afterAll(() => bench.clean())

/** Plants one wrong and answers how to take it away again. */
type Plant = (world: World) => (() => void) | Promise<() => Promise<void>>

async function smallWorld(kind: StorageKind): Promise<World> {
  const dir = join(bench.dir, `planted-${kind}`)
  mkdirSync(dir)
  const world = await openWorld(kind, dir)
  const running = await world.start()
  const names = ['one', 'two']
  await Promise.all(names.map((name) => scenarios['delete-snapshot'].prepare(world, name)))
  if (kind === 'sim') await memberCases['end of a group snapshot'].prepare(world, 'three')
  await quiet(world)
  await running.kill()
  return world
}

/** Each of `plants` by the name of the count that must grow by exactly one, while nothing else is found. */
async function findsEach(world: World, plants: readonly (readonly [name: string, plant: Plant])[]) {
  expect((await world.check()).examples).toEqual({})
  for (const [name, plant] of plants) {
    const uproot = await plant(world)
    const report: CheckReport = await world.check(join(world.dir, 'journal.jsonl'))
    await uproot()
    expect({ planted: name, found: report.examples }).toEqual({
      planted: name,
      found: { [name]: [expect.any(String)] },
    })
    expect([name, report.counts[name], report.wrong]).toEqual([name, 1, 1])
  }
  expect((await world.check()).wrong).toBe(0)
  console.log(
    `${world.kind}: ${plants.length} wrongs planted, each found: ${plants.map(([name]) => name).join(', ')}`,
  )
}

// ---------------------------------------------------------------------------------------------------------- in rows

/** Runs `change` and takes it back from a copy of the whole table afterwards. */
const inTable =
  (table: string, change: string): Plant =>
  async (world) => {
    const rows = await openRows(world.database)
    await rows.run(`create table planted_copy as select * from ${table}`)
    await rows.trustMe()
    expect([table, await rows.run(change)]).toEqual([table, 1])
    return async () => {
      await rows.run(`delete from ${table}`)
      await rows.run(`insert into ${table} select * from planted_copy`)
      await rows.run('drop table planted_copy')
      await rows[Symbol.asyncDispose]()
    }
  }

const oneShare = 'id = (select min(id) from shares)'
const rowPlants: readonly (readonly [string, Plant])[] = [
  ['stuck_shares', inTable('shares', `update shares set status = 'creating' where ${oneShare}`)],
  [
    'stuck_snapshots',
    inTable(
      'snapshot_instances',
      `update snapshot_instances set status = 'deleting' where id = (select min(id) from snapshot_instances)`,
    ),
  ],
  [
    'half_group_snapshots',
    inTable(
      'snapshot_instances',
      `update snapshot_instances set status = 'error' where id = (select min(i.id) from snapshot_instances i join snapshots s on s.id = i.snapshot_id where s.share_group_snapshot_id is not null)`,
    ),
  ],
  [
    'stuck_rules',
    inTable(
      'share_instances',
      `update share_instances set access_generation = access_generation + 1 where id = (select min(id) from share_instances)`,
    ),
  ],
  [
    'quota_drift',
    inTable(
      'quota_usages',
      `update quota_usages set in_use = in_use + 1 where scope = 'user' and resource = 'gigabytes' and in_use > 0`,
    ),
  ],
  ['capacity_drift', inTable('pools', 'update pools set placed_gib = placed_gib + 1')],
  [
    'unfinished_operations',
    inTable(
      'operations',
      `update operations set state = 'running' where kind = 'create-share' and id = (select min(id) from operations where kind = 'create-share')`,
    ),
  ],
  [
    'held_lanes_without_work',
    inTable(
      'operation_lanes',
      // Of one that has a single lane: operations of groups have several.
      `update operation_lanes set finished = 0 where operation_id =
        (select min(operation_id) from (select operation_id from operation_lanes group by operation_id having count(*) = 1) as single)`,
    ),
  ],
]

/** One for each way in which a row tells of it: a word, a number, and what only two tables together tell. */
const fewPlants = new Set(['stuck_shares', 'half_group_snapshots', 'quota_drift', 'held_lanes_without_work'])

const lostRequest: Plant = (world) => {
  const journal = join(world.dir, 'journal.jsonl')
  const line = { verb: 'create', id: randomUUID(), request: `req-${randomUUID()}` }
  writeFileSync(journal, `${JSON.stringify(line)}\n`)
  return () => rmSync(journal)
}

// ------------------------------------------------------------------------------------------------------- on storage

const first = (dir: string): string => join(dir, readdirSync(dir).find((name) => !name.startsWith('.')) ?? '')

/** Another file beside the first one of a folder, as a thing that no row knows. */
const copyIn =
  (folder: string, suffix: string): Plant =>
  (world) => {
    const dir = join(world.backendDir, folder)
    const copy = join(dir, `${randomUUID()}${suffix}`)
    copyFileSync(first(dir), copy)
    return () => rmSync(copy)
  }

type PathOf = (world: World) => string | Promise<string>

const hide =
  (pathOf: PathOf): Plant =>
  async (world) => {
    const path = await pathOf(world)
    // On the same file system, and where nobody looks.
    const hidden = join(dirname(dirname(path)), 'hidden')
    renameSync(path, hidden)
    return async () => renameSync(hidden, path)
  }

const rewrite =
  (pathOf: PathOf, change: (text: string) => string): Plant =>
  async (world) => {
    const path = await pathOf(world)
    const text = readFileSync(path, 'utf8')
    expect(change(text)).not.toBe(text)
    writeFileSync(path, change(text))
    return async () => writeFileSync(path, text)
  }

const fileIn = (folder: string) => (world: World) => first(join(world.backendDir, folder))
const exportOfAShare = (folder: string, suffix: string) => async (world: World) => {
  const [row] = await world.query<{ id: string }>(
    'select min(share_instance_id) as id from access_rule_mappings',
  )
  return join(world.backendDir, folder, `${row?.id}${suffix}`)
}

const simPlants: readonly (readonly [string, Plant])[] = [
  ['orphan_trees', copyIn('shares', '.json')],
  ['orphan_snapshots', copyIn('snapshots', '.json')],
  ['orphan_exports', copyIn('exports', '.json')],
  ['rows_without_tree', hide(fileIn('shares'))],
  ['rows_without_snapshot', hide(fileIn('snapshots'))],
  ['rows_without_export', hide(exportOfAShare('exports', '.json'))],
  ['sizes_not_enforced', rewrite(fileIn('shares'), (text) => text.replace(/"size_gib": ?1/, '"size_gib":2'))],
  [
    'clients_wrong',
    rewrite(exportOfAShare('exports', '.json'), (text) => text.replace('127.0.0.7', '127.0.0.8')),
  ],
]

function run(...argv: readonly string[]): void {
  const { status, stderr } = spawnSync(argv[0] ?? '', argv.slice(1), { encoding: 'utf8' })
  if (status !== 0) throw new Error(`${argv.join(' ')}: ${stderr}`)
}

const orphanSubvolume: Plant = ({ backendDir }) => {
  const path = join(backendDir, 'pool/manila/shares', randomUUID())
  run('btrfs', 'subvolume', 'create', path)
  return () => run('btrfs', 'subvolume', 'delete', path)
}

const orphanSnapshot: Plant = ({ backendDir }) => {
  const path = join(backendDir, 'pool/manila/snapshots', randomUUID())
  run('btrfs', 'subvolume', 'snapshot', '-r', first(join(backendDir, 'pool/manila/shares')), path)
  return () => run('btrfs', 'subvolume', 'delete', path)
}

/** What a quota that was taken off would look like: the row says 1 GiB, the file system says anything goes. */
const noLimit: Plant = ({ backendDir }) => {
  const path = first(join(backendDir, 'pool/manila/shares'))
  run('btrfs', 'qgroup', 'limit', 'none', path)
  return () => run('btrfs', 'qgroup', 'limit', String(2 ** 30), path)
}

const orphanMount: Plant = ({ dir, backendDir }) => {
  const path = join(backendDir, 'exports', `${randomUUID()}.999`)
  mkdirSync(path)
  run('mount', '--bind', dir, path)
  return () => {
    run('umount', path)
    rmdirSync(path)
  }
}

const btrfsPlants: readonly (readonly [string, Plant])[] = [
  ['orphan_trees', orphanSubvolume],
  ['orphan_mounts', orphanMount],
  ['orphan_exports', copyIn('ganesha/exports.d', '.conf')],
  ['rows_without_tree', hide((world) => first(join(world.backendDir, 'pool/manila/shares')))],
  ['orphan_snapshots', orphanSnapshot],
  ['sizes_not_enforced', noLimit],
]

/** The first share's folder in the pool, and that of its export. */
const shareFolder = ({ backendDir }: World) => first(join(backendDir, 'pool/manila/shares'))
const projectFolder = ({ backendDir }: World) => first(join(backendDir, 'exports'))

const orphanTree: Plant = ({ dir, ...world }) => {
  const path = join(projectFolder({ dir, ...world }), `${randomUUID()}.0123abcd`)
  mkdirSync(path)
  run('mount', '--bind', dir, path)
  return () => {
    run('umount', path)
    rmdirSync(path)
  }
}

const emptyProject: Plant = ({ backendDir }) => {
  const path = join(backendDir, 'exports', randomUUID())
  mkdirSync(path)
  return () => rmdirSync(path)
}

const attached = (image: string): (() => void) => {
  const { stdout, stderr } = spawnSync('losetup', ['--find', '--show', image], { encoding: 'utf8' })
  if (stdout === '') throw new Error(`losetup ${image}: ${stderr}`)
  return () => run('losetup', '--detach', stdout.trim())
}

/** Of a share that is mounted already. */
const secondLoop: Plant = (world) => attached(join(shareFolder(world), 'image'))
/** What a kill between attaching and mounting would leave. */
const loopOfNothing: Plant = ({ backendDir }) =>
  attached(join(first(join(backendDir, 'pool/manila/snapshots')), 'image'))

/** Its folder away, and nothing else of it. */
const inTheTrash: Plant = (world) => {
  const path = shareFolder(world)
  const away = join(dirname(dirname(path)), 'trash', `${basename(path)}.1`)
  renameSync(path, away)
  return () => renameSync(away, path)
}

const imagePlants: readonly (readonly [string, Plant])[] = [
  ['orphan_trees', orphanSubvolume],
  ['orphan_snapshots', orphanSnapshot],
  ['orphan_exports', copyIn('ganesha/exports.d', '.conf')],
  ['orphan_mounts', orphanTree],
  ['orphan_mounts', emptyProject],
  ['orphan_loops', loopOfNothing],
  ['doubled_loops', secondLoop],
  ['rows_without_tree', inTheTrash],
]

/** Larger than its row says. There is no way back from that. */
function growUnasked(world: World): void {
  const image = join(shareFolder(world), 'image')
  const device = spawnSync('losetup', ['--noheadings', '--output', 'NAME', '--associated', image], {
    encoding: 'utf8',
  }).stdout.trim()
  const mounted = readFileSync('/proc/self/mountinfo', 'utf8')
    .split('\n')
    .find((line) => line.includes(` ${device} `))
  run('truncate', '--size', '+1G', image)
  run('losetup', '--set-capacity', device)
  run('xfs_growfs', mounted?.split(' ')[4] ?? '')
}

/** `MANILA_FAULTS_EVERYTHING=0`: only what a database may answer in its own way. */
const few = process.env.MANILA_FAULTS_EVERYTHING === '0'

describe('what is planted is found', () => {
  test(`sim${few ? ': in rows' : ''}`, { timeout: 600_000 }, async () => {
    const world = await smallWorld('sim')
    const plants = [...rowPlants, ['lost_requests', lostRequest] as const, ...simPlants]
    await findsEach(world, few ? plants.filter(([name]) => fewPlants.has(name)) : plants)
  })

  if (few) return
  const cannot = { btrfs: obstacleOf('btrfs'), image: obstacleOf('image') }
  const named = (pool: keyof typeof cannot): string =>
    `${pool} and NFS-Ganesha${cannot[pool] === null ? '' : ` (${cannot[pool]})`}`

  test.skipIf(cannot.btrfs !== null)(named('btrfs'), { timeout: 600_000 }, async () => {
    const world = await smallWorld('btrfs')
    await findsEach(world, btrfsPlants)
    await detached(world)
  })

  test.skipIf(cannot.image !== null)(named('image'), { timeout: 600_000 }, async () => {
    const world = await smallWorld('image')
    await findsEach(world, imagePlants)
    growUnasked(world)
    expect((await world.check()).examples).toEqual({ sizes_not_enforced: [expect.any(String)] })
    await detached(world)
  })
})

async function detached(world: World): Promise<void> {
  const last = await world.start({ detach: true })
  await last.stop()
  expect(leftOnHost(world.dir)).toEqual([])
}
