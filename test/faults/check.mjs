#!/usr/bin/env node
/**
 * An independent look at a stopped deployment: what the database says, what is on the backend, and whether they agree. It
 * shares no code with the service, on purpose: its own SQL, its own arithmetic, its own reading of mounts, subvolumes and
 * export files. The service must be stopped (SQLite lets one process in); mounts and daemons may still be there.
 *
 *   node test/faults/check.mjs --db FILE [--btrfs POOL_TOP --binds DIR --exports DIR] [--sim DIR] [--journal FILE]
 *
 * Prints one JSON object: counts of everything that is wrong, and up to 20 examples of each. Ends 1 when any is not 0.
 */
import { execFileSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import { parseArgs } from 'node:util'

const { values: args } = parseArgs({
  options: {
    db: { type: 'string' },
    btrfs: { type: 'string' },
    binds: { type: 'string' },
    exports: { type: 'string' },
    sim: { type: 'string' },
    journal: { type: 'string' },
  },
})
if (args.db === undefined) {
  process.stderr.write('usage: check.mjs --db FILE [--btrfs TOP --binds DIR --exports DIR] [--sim DIR] [--journal FILE]\n')
  process.exit(64)
}

const db = new DatabaseSync(args.db)
const all = (sql, ...values) => db.prepare(sql).all(...values)
const wrong = {}
const note = (kind, example) => {
  const entry = (wrong[kind] ??= { count: 0, examples: [] })
  entry.count++
  if (entry.examples.length < 20) entry.examples.push(example)
}
for (const kind of [
  'unfinished_operations', 'stuck_shares', 'stuck_snapshots', 'stuck_rules', 'failed_without_cause', 'quota_drift',
  'capacity_drift', 'claims_without_owner', 'orphan_trees', 'orphan_snapshots', 'orphan_exports', 'orphan_mounts',
  'rows_without_tree', 'rows_without_snapshot', 'rows_without_export', 'lost_requests', 'held_lanes_without_work',
]) wrong[kind] = { count: 0, examples: [] }

// --- work that never ended ------------------------------------------------------------------------------------------

for (const op of all(`select id, kind, state from operations where state not in ('done', 'failed', 'cancelled')`)) {
  note('unfinished_operations', `${op.kind} ${op.id} is ${op.state}`)
}
for (const op of all(`select id, kind from operations where state = 'failed' and (cause_message is null or cause_message = '')`)) {
  note('failed_without_cause', `${op.kind} ${op.id}`)
}
const passing = (words) => words.map((word) => `'${word}'`).join(',')
const movingShare = passing(['creating', 'creating_from_snapshot', 'deleting', 'extending', 'shrinking', 'reverting', 'manage_starting',
  'unmanage_starting', 'manage_error_unmanage_starting', 'ensuring', 'restoring', 'deferred_deleting'])
for (const row of all(`select id, share_id, status from share_instances where status in (${movingShare})`)) {
  note('stuck_shares', `share instance ${row.id} of share ${row.share_id} is ${row.status}`)
}
for (const row of all(`select id, status from shares where status in (${movingShare})`)) note('stuck_shares', `share ${row.id} is ${row.status}`)
const movingSnapshot = passing(['creating', 'deleting', 'restoring', 'manage_starting', 'unmanage_starting', 'deferred_deleting'])
for (const row of all(`select id, status from snapshot_instances where status in (${movingSnapshot})`)) {
  note('stuck_snapshots', `snapshot instance ${row.id} is ${row.status}`)
}
for (const row of all(`select access_rule_id, share_instance_id, state from access_rule_mappings where state not in ('active', 'error')`)) {
  note('stuck_rules', `rule ${row.access_rule_id} on ${row.share_instance_id} is ${row.state}`)
}
for (const row of all(`select lane from operation_lanes where finished = 0 and operation_id in (select id from operations where state in ('done','failed','cancelled'))`)) {
  note('held_lanes_without_work', row.lane)
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
const free = new Set(['deferred_deleting', 'error_deferred_deleting', 'manage_starting', 'manage_error', 'manage_error_unmanage_starting'])
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
  if (free.has(snapshot.status)) continue
  oweAll(snapshot, typeOfShare.get(snapshot.share_id) ?? null, { snapshots: 1, snapshot_gigabytes: snapshot.size })
}
for (const usage of all('select * from quota_usages')) {
  const key = `${usage.project_id} ${usage.scope} ${usage.scope_id} ${usage.resource}`
  const should = owed.get(key) ?? 0
  owed.delete(key)
  if (usage.in_use !== should) note('quota_drift', `${key}: ${usage.in_use} recorded, ${should} in use`)
}
for (const [key, should] of owed) note('quota_drift', `${key}: nothing recorded, ${should} in use`)

// --- capacity -----------------------------------------------------------------------------------------------------------

for (const pool of all('select id, label, placed_gib from pools')) {
  const [{ total }] = all('select coalesce(sum(placed_gib), 0) as total from share_instances where pool_id = ?', pool.id)
  if (pool.placed_gib !== total) note('capacity_drift', `${pool.label}: ${pool.placed_gib} GiB recorded, instances have ${total}`)
}
for (const row of all(`select i.id, i.placed_gib, s.size from share_instances i join shares s on s.id = i.share_id
    where i.pool_id is not null and i.status = 'available'`)) {
  if (row.placed_gib !== row.size) note('capacity_drift', `share instance ${row.id}: ${row.placed_gib} GiB placed, size ${row.size}`)
}
for (const claim of all('select id, owner_id from pool_claims where owner_id not in (select id from share_instances)')) {
  note('claims_without_owner', `claim ${claim.id} of ${claim.owner_id}`)
}

// --- the backend ---------------------------------------------------------------------------------------------------------

/** Instances that must have a tree: whatever was placed and is not an error. */
const instances = new Map(all('select id, status, backend_id from share_instances').map((row) => [row.id, row]))
const snapshotInstances = new Map(all('select id, status from snapshot_instances').map((row) => [row.id, row]))
const mustExist = (row) => !/^(error|manage_error|creating|deleting)/.test(row.status)

function compare(trees, snapshots, exported) {
  for (const id of trees) if (!instances.has(id)) note('orphan_trees', id)
  for (const id of snapshots) if (!snapshotInstances.has(id)) note('orphan_snapshots', id)
  for (const id of exported) if (!instances.has(id) && !snapshotInstances.has(id)) note('orphan_exports', id)
  for (const [id, row] of instances) {
    if (!mustExist(row)) continue
    if (!trees.has(id)) note('rows_without_tree', `${id} (${row.status})`)
    if (row.status === 'available' && !exported.has(id)) note('rows_without_export', id)
  }
  for (const [id, row] of snapshotInstances) {
    if (mustExist(row) && !snapshots.has(id)) note('rows_without_snapshot', `${id} (${row.status})`)
  }
}

const jsonNames = (dir) =>
  new Set(existsSync(dir) ? readdirSync(dir).filter((name) => name.endsWith('.json')).map((name) => name.slice(0, -5)) : [])

if (args.sim !== undefined) {
  compare(jsonNames(`${args.sim}/shares`), jsonNames(`${args.sim}/snapshots`), jsonNames(`${args.sim}/exports`))
}

if (args.btrfs !== undefined) {
  const trees = new Set()
  const snapshots = new Set()
  const listing = execFileSync('btrfs', ['subvolume', 'list', args.btrfs], { encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 })
  for (const line of listing.split('\n')) {
    const path = line.split(' path ')[1] ?? ''
    const [place, name] = path.split('/').slice(-2)
    if (place === 'shares') trees.add(name)
    else if (place === 'snapshots') snapshots.add(name)
    else if (place === 'staging') note('orphan_trees', path)
  }
  const exported = new Set(
    args.exports !== undefined && existsSync(args.exports)
      ? readdirSync(args.exports).filter((name) => name.endsWith('.conf')).map((name) => name.slice(0, -5))
      : [],
  )
  compare(trees, snapshots, exported)
  if (args.binds !== undefined) {
    for (const line of readFileSync('/proc/self/mountinfo', 'utf8').split('\n')) {
      const mounted = line.split(' ')[4] ?? ''
      if (!mounted.startsWith(`${args.binds}/`)) continue
      const id = mounted.slice(args.binds.length + 1).split('.')[0] ?? ''
      if (!instances.has(id) && !snapshotInstances.has(id)) note('orphan_mounts', mounted)
    }
  }
}

// --- requests the clients were told had been accepted --------------------------------------------------------------------

let accepted = 0
if (args.journal !== undefined && existsSync(args.journal)) {
  const known = new Set(all('select request_id from operations').map((row) => row.request_id))
  const rows = new Set([...all('select id from shares'), ...all('select id from snapshots'), ...all('select id from access_rules')].map((row) => row.id))
  const gone = new Set(all('select id from tombstones').map((row) => row.id))
  for (const line of readFileSync(args.journal, 'utf8').split('\n')) {
    if (line === '') continue
    let entry
    try {
      entry = JSON.parse(line)
    } catch {
      continue // the last line of a client that was cut off
    }
    accepted++
    // A rule goes with its share; everything else leaves an operation, a row or a tombstone.
    const there = known.has(entry.request) || rows.has(entry.id) || gone.has(entry.id) || (entry.share !== undefined && gone.has(entry.share))
    if (!there && !(entry.verb === 'deny' || entry.verb === 'allow')) note('lost_requests', line)
    if (entry.verb === 'allow' && !rows.has(entry.id) && !gone.has(entry.share) && entry.denied !== true) note('lost_requests', line)
  }
}

db.close()
const bad = Object.values(wrong).reduce((sum, { count }) => sum + count, 0)
const counts = Object.fromEntries(Object.entries(wrong).map(([kind, { count }]) => [kind, count]))
const examples = Object.fromEntries(Object.entries(wrong).filter(([, { count }]) => count > 0).map(([kind, { examples }]) => [kind, examples]))
process.stdout.write(`${JSON.stringify({ wrong: bad, accepted, shares: instances.size, snapshots: snapshotInstances.size, counts, examples }, null, 2)}\n`)
process.exit(bad === 0 ? 0 : 1)
