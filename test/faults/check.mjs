#!/usr/bin/env node
/**
 * An independent look at a stopped deployment: what the database says, what is on the backend, and whether they agree. It
 * shares no code with the service, on purpose: its own SQL, its own arithmetic, its own reading of mounts, subvolumes and
 * export files. The service must be stopped (SQLite lets one process in); mounts and daemons may still be there.
 *
 *   node test/faults/check.mjs --db FILE|URL [--btrfs|--image POOL_TOP --binds DIR --exports DIR --bus SOCKET] [--sim DIR] [--journal FILE]
 *
 * With a URL (postgres://…, mariadb://…) the tables of one moment are copied first. Where several backends were served, `--btrfs-label`,
 * `--image-label` and `--sim-label` say which rows (`host@backend`) belong to which of them.
 *
 * The journal has one JSON object a line for each request that was answered with success: `verb`, `id` of the thing it was
 * about, `share` it belongs to, `request` (x-openstack-request-id). `again: true` marks the repeat of a POST whose first
 * answer was lost: its request id is not the one that did the work.
 *
 * Prints one JSON object: counts of everything that is wrong, and up to 20 examples of each. Ends 1 when any is not 0.
 */
import { execFileSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import { parseArgs } from 'node:util'
import { copyOf } from './copy-database.mjs'
import { images, loopsOf, mountsBelow } from './images.mjs'

const { values: args } = parseArgs({
  options: {
    db: { type: 'string' },
    btrfs: { type: 'string' },
    image: { type: 'string' },
    binds: { type: 'string' },
    exports: { type: 'string' },
    bus: { type: 'string' },
    sim: { type: 'string' },
    'btrfs-label': { type: 'string' },
    'image-label': { type: 'string' },
    'sim-label': { type: 'string' },
    journal: { type: 'string' },
  },
})
if (args.db === undefined) {
  process.stderr.write(
    'usage: check.mjs --db FILE [--btrfs|--image TOP --binds DIR --exports DIR --bus SOCKET] [--sim DIR] [--journal FILE]\n',
  )
  process.exit(64)
}

const db = args.db.includes('://') ? await copyOf(args.db) : new DatabaseSync(args.db)
const all = (sql, ...values) => db.prepare(sql).all(...values)
const wrong = {}
const note = (kind, example) => {
  const entry = (wrong[kind] ??= { count: 0, examples: [] })
  entry.count++
  if (entry.examples.length < 20) entry.examples.push(example)
}
for (const kind of [
  'unfinished_operations',
  'stuck_shares',
  'stuck_snapshots',
  'stuck_rules',
  'half_group_snapshots',
  'failed_without_cause',
  'failed_without_message',
  'quota_drift',
  'capacity_drift',
  'claims_without_owner',
  'orphan_trees',
  'orphan_snapshots',
  'orphan_exports',
  'orphan_mounts',
  'doubled_mounts',
  'orphan_loops',
  'doubled_loops',
  'orphans_served',
  'rows_without_tree',
  'rows_without_snapshot',
  'rows_without_export',
  'exports_not_served',
  'sizes_not_enforced',
  'clients_wrong',
  'lost_requests',
  'held_lanes_without_work',
])
  wrong[kind] = { count: 0, examples: [] }

// --- work that never ended ------------------------------------------------------------------------------------------

for (const op of all(
  `select id, kind, state from operations where state not in ('done', 'failed', 'cancelled')`,
)) {
  note('unfinished_operations', `${op.kind} ${op.id} is ${op.state}`)
}
for (const op of all(
  `select id, kind from operations where state = 'failed' and (cause_message is null or cause_message = '')`,
)) {
  note('failed_without_cause', `${op.kind} ${op.id}`)
}
// What the owner of a share that went wrong reads: the message of the very request.
for (const op of all(`select id, kind, request_id from operations where state = 'failed' and kind not in ('ensure-shares')
    and resource_id not in (select id from tombstones) and request_id not in (select request_id from messages where request_id is not null)`)) {
  note('failed_without_message', `${op.kind} ${op.id} of ${op.request_id}`)
}
const passing = (words) => words.map((word) => `'${word}'`).join(',')
const movingShare = passing([
  'creating',
  'creating_from_snapshot',
  'deleting',
  'extending',
  'shrinking',
  'reverting',
  'manage_starting',
  'unmanage_starting',
  'manage_error_unmanage_starting',
  'ensuring',
  'restoring',
  'deferred_deleting',
])
for (const row of all(`select id, share_id, status from share_instances where status in (${movingShare})`)) {
  note('stuck_shares', `share instance ${row.id} of share ${row.share_id} is ${row.status}`)
}
for (const row of all(`select id, status from shares where status in (${movingShare})`))
  note('stuck_shares', `share ${row.id} is ${row.status}`)
for (const table of ['share_groups', 'share_group_snapshots'])
  for (const row of all(`select id, status from ${table} where status in ('creating', 'deleting')`))
    note('stuck_shares', `${table} ${row.id} is ${row.status}`)
// All or nothing.
const member = `from snapshot_instances i join snapshots m on m.id = i.snapshot_id
  join share_group_snapshots g on g.id = m.share_group_snapshot_id`
for (const row of all(`select i.id, i.status, g.id as whole_id, g.status as whole ${member}
    where (g.status = 'available' and i.status in ('error', 'error_deleting')) or (g.status = 'error' and i.status = 'available')`))
  note(
    'half_group_snapshots',
    `member ${row.id} is ${row.status}, group snapshot ${row.whole_id} ${row.whole}`,
  )
/** What was taken back: the row stays, and nothing of it on the backend. */
const takenBack = new Set(
  all(`select i.id ${member} where g.status = 'error' and i.status = 'error'
    and i.id not in (select resource_id from orphans)`).map(({ id }) => id),
)
const movingSnapshot = passing([
  'creating',
  'deleting',
  'restoring',
  'manage_starting',
  'unmanage_starting',
  'deferred_deleting',
])
for (const row of all(`select id, status from snapshot_instances where status in (${movingSnapshot})`)) {
  note('stuck_snapshots', `snapshot instance ${row.id} is ${row.status}`)
}
for (const row of all(
  `select access_rule_id, share_instance_id, state from access_rule_mappings where state not in ('active', 'error')`,
)) {
  note('stuck_rules', `rule ${row.access_rule_id} on ${row.share_instance_id} is ${row.state}`)
}
for (const row of all(
  `select lane from operation_lanes where finished = 0 and operation_id not in (select id from operations where state not in ('done','failed','cancelled'))`,
)) {
  note('held_lanes_without_work', row.lane)
}
for (const row of all(
  'select id, access_generation, access_applied from share_instances where access_generation <> access_applied',
)) {
  note('stuck_rules', `rules of ${row.id}: ${row.access_applied} of ${row.access_generation} changes applied`)
}

// --- quota: what each project, user and type should be charged -----------------------------------------------------------

const owed = new Map()
const owe = (project, scope, scopeId, resource, amount) => {
  if (amount === 0) return
  const key = `${project} ${scope} ${scopeId} ${resource}`
  owed.set(key, (owed.get(key) ?? 0) + amount)
}
const oweAll = (row, type, costs) => {
  for (const [resource, amount] of Object.entries(costs)) {
    owe(row.project_id, 'project', '', resource, amount)
    owe(row.project_id, 'user', row.user_id, resource, amount)
    if (type !== null) owe(row.project_id, 'share_type', type, resource, amount)
  }
}
const free = new Set([
  'deferred_deleting',
  'error_deferred_deleting',
  'manage_starting',
  'manage_error',
  'manage_error_unmanage_starting',
])
const typeOfShare = new Map()
for (const share of all('select * from shares')) {
  typeOfShare.set(share.id, share.share_type_id)
  if (free.has(share.status)) continue
  const gib = Math.max(share.size, share.target_size ?? 0)
  oweAll(share, share.share_type_id, {
    shares: 1,
    gigabytes: gib,
    ...(share.replication_type === null ? {} : { share_replicas: 1, replica_gigabytes: gib }),
  })
}
for (const snapshot of all('select * from snapshots')) {
  // A member of a group snapshot costs nothing: the group snapshot is counted.
  if (free.has(snapshot.status) || (snapshot.share_group_snapshot_id ?? null) !== null) continue
  oweAll(snapshot, typeOfShare.get(snapshot.share_id) ?? null, {
    snapshots: 1,
    snapshot_gigabytes: snapshot.size,
  })
}
for (const group of all('select * from share_groups')) oweAll(group, null, { share_groups: 1 })
for (const snapshot of all('select * from share_group_snapshots'))
  oweAll(snapshot, null, { share_group_snapshots: 1 })
for (const usage of all('select * from quota_usages')) {
  const key = `${usage.project_id} ${usage.scope} ${usage.scope_id} ${usage.resource}`
  const should = owed.get(key) ?? 0
  owed.delete(key)
  if (usage.in_use !== should) note('quota_drift', `${key}: ${usage.in_use} recorded, ${should} in use`)
}
for (const [key, should] of owed) note('quota_drift', `${key}: nothing recorded, ${should} in use`)

// --- capacity -----------------------------------------------------------------------------------------------------------

for (const pool of all('select id, label, placed_gib from pools')) {
  const [{ total }] = all(
    'select coalesce(sum(placed_gib), 0) as total from share_instances where pool_id = ?',
    pool.id,
  )
  if (pool.placed_gib !== total)
    note('capacity_drift', `${pool.label}: ${pool.placed_gib} GiB recorded, instances have ${total}`)
}
for (const row of all(`select i.id, i.placed_gib, s.size from share_instances i join shares s on s.id = i.share_id
    where i.pool_id is not null and i.status = 'available'`)) {
  if (row.placed_gib !== row.size)
    note('capacity_drift', `share instance ${row.id}: ${row.placed_gib} GiB placed, size ${row.size}`)
}
for (const claim of all(
  'select id, owner_id from pool_claims where owner_id not in (select id from share_instances)',
)) {
  note('claims_without_owner', `claim ${claim.id} of ${claim.owner_id}`)
}

// --- the backend ---------------------------------------------------------------------------------------------------------

/** Every instance with the backend it is on; those that must have a tree are placed and no error. */
const instances = new Map(
  all(
    `select i.id, i.status, b.label, s.size from share_instances i join shares s on s.id = i.share_id
      left join backends b on b.id = i.backend_id`,
  ).map((row) => [row.id, row]),
)
const snapshotInstances = new Map(
  all(`select i.id, i.status, b.label, (select count(*) from snapshot_instance_export_locations l where l.snapshot_instance_id = i.id) as locations
    from snapshot_instances i left join share_instances si on si.id = i.share_instance_id
      left join backends b on b.id = si.backend_id`).map((row) => [row.id, row]),
)
const mustExist = (row) => !/^(error|manage_error|creating|deleting)/.test(row.status)
/** Whether the row belongs to the backend `label`; without one there is only one. */
const isOn = (row, label) => label === undefined || row.label === label

/** `overhead`: the part by which more than what was asked for may be enforced. */
function compare(label, trees, snapshots, exported, overhead = 0) {
  // What is on another backend, or on none yet, has no business here either.
  const mine = (rows, id) => rows.has(id) && isOn(rows.get(id), label)
  for (const id of trees.keys()) if (!mine(instances, id)) note('orphan_trees', id)
  for (const id of snapshots) {
    if (!mine(snapshotInstances, id)) note('orphan_snapshots', id)
    else if (takenBack.has(id)) note('orphan_snapshots', `${id} (taken back)`)
  }
  for (const id of exported.keys())
    if (!mine(instances, id) && !mine(snapshotInstances, id)) note('orphan_exports', id)
  for (const [id, row] of instances) {
    if (!isOn(row, label) || !mustExist(row)) continue
    if (!trees.has(id)) note('rows_without_tree', `${id} (${row.status})`)
    if (row.status !== 'available') continue
    if (!exported.has(id)) note('rows_without_export', id)
    compareSize(id, row, trees.get(id), overhead)
    compareClients(id, exported.get(id))
  }
  for (const [id, row] of snapshotInstances) {
    if (isOn(row, label) && mustExist(row) && !snapshots.has(id))
      note('rows_without_snapshot', `${id} (${row.status})`)
  }
}

/** What a file system may have beside what was asked for: its own books are in it. */
const fileSystemOverhead = 0.07

function compareSize(id, row, bytes, overhead) {
  const should = row.size * 2 ** 30
  if (bytes !== undefined && (bytes < should || bytes > should * (1 + overhead)))
    note('sizes_not_enforced', `${id}: ${bytes} bytes enforced, ${should} asked for`)
}

/** `let in` is what the exporter does; the rows that are active say what it should do. */
function compareClients(id, letIn) {
  if (letIn === undefined) return
  const rules = all(
    `select r.access_to, r.access_level from access_rules r join access_rule_mappings m on m.access_rule_id = r.id
      where m.share_instance_id = ? and m.state = 'active'`,
    id,
  )
  const inOrder = (list) => list.toSorted((a, b) => (a < b ? -1 : 1)).join(', ')
  const should = inOrder(rules.map((rule) => `${rule.access_to} ${rule.access_level}`))
  const does = inOrder(letIn)
  if (should !== does) note('clients_wrong', `${id}: lets in [${does}], its rules say [${should}]`)
}

const jsonFiles = (dir) =>
  existsSync(dir)
    ? readdirSync(dir).flatMap((name) =>
        name.endsWith('.json')
          ? [[name.slice(0, -5), JSON.parse(readFileSync(`${dir}/${name}`, 'utf8'))]]
          : [],
      )
    : []

if (args.sim !== undefined) {
  const trees = new Map(jsonFiles(`${args.sim}/shares`).map(([id, share]) => [id, share.size_gib * 2 ** 30]))
  const snapshots = new Set(jsonFiles(`${args.sim}/snapshots`).map(([id]) => id))
  const exported = new Map(
    jsonFiles(`${args.sim}/exports`).map(([id, { rules }]) => [
      id,
      rules.map((rule) => `${rule.to} ${rule.level}`),
    ]),
  )
  compare(args['sim-label'], trees, snapshots, exported)
}

function run(...argv) {
  return execFileSync(argv[0], argv.slice(1), { encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 })
}

/** Who is let in, as the exporter wrote it for its server. */
function exportFiles() {
  const exported = new Map()
  if (args.exports === undefined || !existsSync(args.exports)) return exported
  for (const name of readdirSync(args.exports)) {
    if (!name.endsWith('.conf')) continue
    const text = readFileSync(`${args.exports}/${name}`, 'utf8')
    const clients = [...text.matchAll(/^\s*CLIENT \{ Clients = ([^;]+); Access_Type = (\w+);/gm)]
    exported.set(
      name.slice(0, -5),
      clients.flatMap(([, to, level]) => to.split(', ').map((one) => `${one} ${level.toLowerCase()}`)),
    )
  }
  return exported
}

if (args.btrfs !== undefined) {
  const limits = new Map()
  for (const line of run('btrfs', 'qgroup', 'show', '-re', '--raw', args.btrfs).split('\n')) {
    const [group = '', , , most] = line.trim().split(/\s+/)
    if (group.startsWith('0/')) limits.set(group.slice(2), most === 'none' ? 0 : Number(most))
  }
  const trees = new Map()
  const snapshots = new Set()
  for (const line of run('btrfs', 'subvolume', 'list', args.btrfs).split('\n')) {
    const [, number, path = ''] = /^ID (\d+) .* path (.*)$/.exec(line) ?? []
    const [place, name] = path.split('/').slice(-2)
    if (place === 'shares') trees.set(name, limits.get(number) ?? 0)
    else if (place === 'snapshots') snapshots.add(name)
    else if (place === 'staging') note('orphan_trees', path)
  }
  const exported = exportFiles()
  compare(args['btrfs-label'], trees, snapshots, exported)
  if (args.binds !== undefined) lookAtMounts(args.binds)
  if (args.bus !== undefined && existsSync(args.bus)) askTheDaemon(exported, args['btrfs-label'])
}

if (args.image !== undefined) {
  const { trees, snapshots, others } = images(args.image, args.binds)
  const exported = exportFiles()
  compare(args['image-label'], trees, snapshots, exported, fileSystemOverhead)
  // Copies that are exported are somebody's; what was being made when a process died is nobody's any more.
  for (const { place, name, id } of others)
    if (place === 'staging' || !exported.has(id)) note('orphan_trees', `${place}/${name}`)
  lookAtImages(args.image, args.binds)
  if (args.bus !== undefined && existsSync(args.bus)) askTheDaemon(exported, args['image-label'])
}

/** Every image once: a loop device and one mount, of something that a row knows. */
function lookAtImages(pool, binds) {
  const known = (id) => instances.has(id) || snapshotInstances.has(id)
  const { projects, trees, folders } = mountsBelow(binds)
  const seen = new Set()
  for (const { path, id } of trees) {
    if (!known(id)) note('orphan_mounts', path)
    if (seen.has(id)) note('doubled_mounts', path)
    seen.add(id)
  }
  for (const name of folders) {
    const mounts = projects.filter(({ path }) => path === `${binds}/${name}`)
    if (!trees.some(({ project }) => project === name))
      note('orphan_mounts', `${binds}/${name} (of no share)`)
    else if (mounts.length > 1) note('doubled_mounts', `${binds}/${name}`)
    for (const entry of readdirSync(`${binds}/${name}`))
      if (!seen.has(entry.split('.')[0])) note('orphan_mounts', `${binds}/${name}/${entry} (nothing mounted)`)
  }
  const used = new Set(trees.map(({ source }) => source))
  for (const [backing, loops] of Map.groupBy(loopsOf(pool), (loop) => loop.backing)) {
    const id = backing.split('/').at(-2)?.split('.')[0] ?? ''
    const names = `${loops.map(({ device }) => device).join(' ')} ${backing}`
    if (!known(id)) note('orphan_loops', names)
    else if (loops.length > 1) note('doubled_loops', names)
    else if (!used.has(loops[0].device)) note('orphan_loops', `${names} (not mounted)`)
  }
}

function lookAtMounts(binds) {
  const seen = new Set()
  for (const line of readFileSync('/proc/self/mountinfo', 'utf8').split('\n')) {
    const mounted = line.split(' ')[4] ?? ''
    if (!mounted.startsWith(`${binds}/`)) continue
    const id = mounted.slice(binds.length + 1).split('.')[0] ?? ''
    if (!instances.has(id) && !snapshotInstances.has(id)) note('orphan_mounts', mounted)
    if (seen.has(id)) note('doubled_mounts', mounted)
    seen.add(id)
  }
  // A mount point nothing is mounted on is only a directory, but it has no business there either.
  for (const name of existsSync(binds) ? readdirSync(binds) : []) {
    const id = name.split('.')[0] ?? ''
    if (!instances.has(id) && !snapshotInstances.has(id) && !seen.has(id))
      note('orphan_mounts', `${binds}/${name} (empty)`)
  }
}

/** What NFS-Ganesha serves this moment, by its own account. */
function askTheDaemon(exported, label) {
  const told = run(
    'dbus-send',
    `--bus=unix:path=${args.bus}`,
    '--print-reply',
    '--dest=org.ganesha.nfsd',
    '/org/ganesha/nfsd/ExportMgr',
    'org.ganesha.nfsd.exportmgr.ShowExports',
  )
  const served = new Set()
  // In the server's own folder lies the empty one that guards the file system of the host.
  const own = `${args.exports.slice(0, args.exports.lastIndexOf('/'))}/`
  for (const [, path] of told.matchAll(/string "(\/[^"]+)"/g))
    if (!path.startsWith(own)) served.add(path.split('/').at(-1).split('.')[0])
  for (const id of served) if (id !== '' && !exported.has(id)) note('orphans_served', id)
  for (const [id, row] of instances)
    if (isOn(row, label) && row.status === 'available' && !served.has(id)) note('exports_not_served', id)
}

// --- requests the clients were told had been accepted --------------------------------------------------------------------

let accepted = 0
let finished = 0
let failedWithCause = 0
const byVerb = {}
if (args.journal !== undefined && existsSync(args.journal)) {
  const operations = new Map(
    // Its children have the same request.
    all('select request_id, state, cause_message from operations where parent_id is null').map((row) => [
      row.request_id,
      row,
    ]),
  )
  const ids = (sql) => new Set(all(sql).map((row) => row.id))
  const rules = new Map(all('select id, state from access_rules').map((row) => [row.id, row.state]))
  const there = ids(
    'select id from shares union select id from snapshots union select id from share_groups union select id from share_group_snapshots',
  )
  const gone = ids('select id from tombstones')
  const entries = readFileSync(args.journal, 'utf8')
    .split('\n')
    .flatMap((line) => {
      try {
        return line === '' ? [] : [JSON.parse(line)]
      } catch {
        return [] // the last line of a client that was cut off
      }
    })
  const denied = new Set(entries.filter(({ verb }) => verb === 'deny').map(({ id }) => id))
  for (const entry of entries) {
    accepted++
    const end = endOf(entry)
    const verb = (byVerb[entry.verb] ??= { accepted: 0, finished: 0, failedWithCause: 0 })
    verb.accepted++
    if (end === 'finished') {
      finished++
      verb.finished++
    } else if (end === 'failed') {
      failedWithCause++
      verb.failedWithCause++
    } else note('lost_requests', `${JSON.stringify(entry)}: ${end}`)
  }

  /** `delete`, `group-delete` */
  function isEnd(verb) {
    return verb.endsWith('delete')
  }

  function endOf({ verb, id, share, request, again }) {
    if (verb === 'allow' || verb === 'deny') {
      // Rules have no operations: they are there, or gone with their share.
      if (gone.has(share)) return 'finished'
      const state = rules.get(id)
      if (state === 'error') return 'failed'
      if (denied.has(id)) return state === undefined ? 'finished' : `the rule is still there, ${state}`
      return state === 'active' ? 'finished' : `the rule is ${state ?? 'gone'}`
    }
    const operation = operations.get(request)
    if (operation === undefined) {
      // What never got onto a backend is deleted with the request itself.
      if (isEnd(verb) && gone.has(id)) return 'finished'
      return again === true && (there.has(id) || gone.has(id))
        ? 'finished'
        : 'no operation has this request id'
    }
    if (operation.state === 'done') {
      if (isEnd(verb) && !gone.has(id)) return 'done, but it is still there'
      return there.has(id) || gone.has(id) ? 'finished' : 'done, but neither there nor deleted'
    }
    return operation.cause_message ? 'failed' : `its operation is ${operation.state}`
  }
}

db.close()
const bad = Object.values(wrong).reduce((sum, { count }) => sum + count, 0)
const counts = Object.fromEntries(Object.entries(wrong).map(([kind, { count }]) => [kind, count]))
const examples = Object.fromEntries(
  Object.entries(wrong)
    .filter(([, { count }]) => count > 0)
    .map(([kind, { examples }]) => [kind, examples]),
)
const report = {
  wrong: bad,
  accepted,
  finished,
  failedWithCause,
  byVerb,
  shares: instances.size,
  snapshots: snapshotInstances.size,
  counts,
  examples,
}
process.stdout.write(`${JSON.stringify(report, null, 2)}\n`)
process.exit(bad === 0 ? 0 : 1)
