/**
 * What must be true whenever no operation is open, whatever went wrong before; and two walks that make things go wrong at
 * every step of an operation.
 */
import type { CountedResource } from '../model/quota.ts'
import { shareCharges, snapshotCharges } from '../model/quota.ts'
import { perTypeResources } from '../db/store/quotas.ts'
import {
  StepFailure,
  type Job,
  type OperationCode,
  type Registry,
  type StepCode,
} from '../engine/operation.ts'
import { breakAllLeases } from '../engine/lanes.ts'
import { operationPlans, type OperationKind } from '../model/operations.ts'
import { findStuck } from './reconcilers/stuck.ts'
import { openBench, type Bench } from './test-bench.ts'
import { scenarios } from './test-scenarios.ts'

/** Every broken law as a sentence; empty when all hold. */
export async function brokenLaws(bench: Bench): Promise<string[]> {
  return [
    ...(await leftovers(bench)),
    ...(await recountQuota(bench)),
    ...(await recountPools(bench)),
    ...(await findStuck(bench.store.db)).map(
      (row) => `${row.kind} ${row.instanceId} is stuck in ${row.status}`,
    ),
    ...(await openWork(bench)),
  ]
}

/** Whose tree and export must be there: states that a user reads and writes in, or will again. */
const served = ['available', 'extending_error', 'shrinking_error', 'reverting_error', 'unmanage_error']

async function leftovers(bench: Bench): Promise<string[]> {
  const { db } = bench.store
  const held = bench.held()
  const shares = await db.selectFrom('share_instances').selectAll().execute()
  const snapshots = await db.selectFrom('snapshot_instances').selectAll().execute()
  const wrong: string[] = []
  for (const id of held.shares) {
    const row = shares.find((row) => row.id === id)
    if (row === undefined) wrong.push(`the backend holds share instance ${id}, which has no row`)
    else if (['error', 'manage_error'].includes(row.status)) {
      wrong.push(`the backend holds share instance ${id}, which is ${row.status}`)
    }
  }
  for (const id of held.snapshots) {
    const row = snapshots.find((row) => row.id === id)
    if (row === undefined) wrong.push(`the backend holds snapshot instance ${id}, which has no row`)
    else if (['error', 'manage_error'].includes(row.status)) {
      wrong.push(`the backend holds snapshot instance ${id}, which is ${row.status}`)
    }
  }
  for (const id of held.exports) {
    const row = [...shares, ...snapshots].find((row) => row.id === id)
    if (row === undefined) wrong.push(`${id} is exported and has no row`)
    else if (![...served, 'error_deleting'].includes(row.status))
      wrong.push(`${id} is exported and ${row.status}`)
  }
  for (const row of shares.filter(({ status }) => served.includes(status))) {
    // An unmanage that failed after the hand-over has nothing to serve any more.
    const mayBeGone = row.status === 'unmanage_error'
    if (!held.shares.includes(row.id) && !mayBeGone)
      wrong.push(`share instance ${row.id} is not on the backend`)
    if (!held.exports.includes(row.id) && !mayBeGone) wrong.push(`share instance ${row.id} is not exported`)
    const paths = await db
      .selectFrom('share_instance_export_locations')
      .select('path')
      .where('share_instance_id', '=', row.id)
      .execute()
    if (paths.length !== 1) wrong.push(`share instance ${row.id} has ${paths.length} export locations`)
  }
  for (const row of snapshots.filter(({ status }) => status === 'available')) {
    if (!held.snapshots.includes(row.id)) wrong.push(`snapshot instance ${row.id} is not on the backend`)
    if (!held.exports.includes(row.id)) wrong.push(`snapshot instance ${row.id} is not exported`)
  }
  return wrong
}

/** Counts again what every row costs and compares it with the running totals. */
async function recountQuota({ store: { db } }: Bench): Promise<string[]> {
  const expected = new Map<string, number>()
  const add = (
    row: { project_id: string; user_id: string },
    type: string | null,
    charges: Partial<Record<CountedResource, number>>,
  ) => {
    for (const [resource, n] of Object.entries(charges) as [CountedResource, number][]) {
      const keys = [`${row.project_id}/project/`, `${row.project_id}/user/${row.user_id}`]
      if (type !== null && perTypeResources.includes(resource))
        keys.push(`${row.project_id}/share_type/${type}`)
      for (const key of keys) {
        expected.set(`${key}/${resource}`, (expected.get(`${key}/${resource}`) ?? 0) + n)
      }
    }
  }
  const shares = await db.selectFrom('shares').selectAll().execute()
  for (const share of shares) add(share, share.share_type_id, shareCharges(share))
  for (const snapshot of await db.selectFrom('snapshots').selectAll().execute()) {
    const type = shares.find(({ id }) => id === snapshot.share_id)?.share_type_id ?? null
    add(snapshot, type, snapshotCharges(snapshot))
  }
  const wrong: string[] = []
  for (const row of await db.selectFrom('quota_usages').selectAll().execute()) {
    const key = `${row.project_id}/${row.scope}/${row.scope_id}/${row.resource}`
    const should = expected.get(key) ?? 0
    if (row.in_use !== should) wrong.push(`quota ${key} is ${row.in_use} and should be ${should}`)
    expected.delete(key)
  }
  for (const [key, should] of expected) if (should !== 0) wrong.push(`quota ${key} is missing: ${should}`)
  return wrong
}

async function recountPools({ store: { db } }: Bench): Promise<string[]> {
  const wrong: string[] = []
  const rows = await db
    .selectFrom('share_instances')
    .innerJoin('shares', 'shares.id', 'share_instances.share_id')
    .select(['share_instances.id', 'share_instances.pool_id', 'share_instances.status', 'placed_gib', 'size'])
    .execute()
  for (const pool of await db.selectFrom('pools').selectAll().execute()) {
    const here = rows.filter((row) => row.pool_id === pool.id)
    const sum = here.reduce((total, row) => total + row.placed_gib, 0)
    if (sum !== pool.placed_gib)
      wrong.push(`pool ${pool.label} counts ${pool.placed_gib} GiB, its shares ${sum}`)
    for (const row of here) {
      if (row.status === 'available' && row.placed_gib !== row.size) {
        wrong.push(`share instance ${row.id} of ${row.size} GiB counts ${row.placed_gib} on its pool`)
      }
    }
  }
  return wrong
}

async function openWork({ store: { db } }: Bench): Promise<string[]> {
  const operations = await db.selectFrom('operations').select(['id', 'kind', 'state']).execute()
  const open = operations.filter(({ state }) => ['queued', 'running', 'undoing'].includes(state))
  const places = await db.selectFrom('operation_lanes').select('lane').where('finished', '=', 0).execute()
  const lanes = await db.selectFrom('lanes').select('lane').where('holder', 'is not', null).execute()
  return [
    ...open.map(({ id, kind, state }) => `${kind} ${id} is still ${state}`),
    ...places.map(({ lane }) => `somebody waits in ${lane} for nothing`),
    ...lanes.map(({ lane }) => `${lane} is still held`),
  ]
}

// ------------------------------------------------------------------------------------------------------ walks

/** The steps of a kind that the share manager runs. */
export const shareSteps = (kind: OperationKind): string[] =>
  operationPlans[kind].steps.filter(([, on]) => on === 'share').map(([name]) => name)

type Wrap = (code: StepCode<OperationKind>, name: string) => Partial<StepCode<OperationKind>>

/** The real code with every step of `kind` wrapped. */
export function wrapped(operations: Registry, kind: OperationKind, wrap: Wrap): Registry {
  const code = operations.get(kind)
  if (code === undefined) throw new Error(`no code for ${kind}`)
  const steps = Object.fromEntries(
    Object.entries(code.steps).map(([name, step]) => [name, { ...step, ...wrap(step, name) }]),
  )
  return new Map([...operations, [kind, { ...code, steps } as OperationCode]])
}

/**
 * Runs an operation of `kind` once as it is, once with every step's effect twice and once with a kill between the effect
 * and the record of every step, and answers how each world ended. They must be equal.
 */
export async function eachStepTwice(kind: OperationKind): Promise<{
  plain: World
  twice: World
  killed: World
  laws: string[]
}> {
  const laws: string[] = []
  const walk = async (drain: (bench: Bench) => Promise<void>): Promise<World> => {
    const bench = await openBench()
    try {
      await scenarios[kind](bench)
      await drain(bench)
      laws.push(...(await brokenLaws(bench)))
      return await world(bench)
    } finally {
      await bench.close()
    }
  }
  const plain = await walk((bench) => bench.drain())
  const twice = await walk((bench) =>
    bench.drain({
      code: wrapped(bench.operations, kind, (step) => ({
        run: async (job) => {
          await step.run(job)
          return step.run(job)
        },
      })),
    }),
  )
  const killed = await walk(async (bench) => {
    const done = new Set<string>()
    const code = wrapped(bench.operations, kind, (step, name) => ({
      run: async (job) => {
        const result = await step.run(job)
        if (done.has(name)) return result
        done.add(name)
        // Gone without a trace, as a killed process: what it held expires and somebody else goes on.
        await breakAllLeases(bench.store)
        await bench.store.db
          .updateTable('operations')
          .set((eb) => ({ fence: eb('fence', '+', 1) }))
          .execute()
        return result
      },
    }))
    for (const holder of ['one', 'two', 'three', 'four', 'five', 'six', 'seven']) {
      const [open] = await bench.store.db
        .selectFrom('operations')
        .select('id')
        .where('state', 'in', ['queued', 'running', 'undoing'])
        .execute()
      if (open === undefined) break
      await bench.runOnce(open.id, { code, holder })
    }
    await bench.drain({ code })
    if (done.size !== shareSteps(kind).length) throw new Error(`only ${[...done].join(', ')} were killed`)
  })
  return { plain, twice, killed, laws }
}

export interface FailedWalk {
  readonly step: string
  readonly when: 'before' | 'after'
  readonly state: string
  readonly laws: readonly string[]
  readonly world: World
  readonly messages: number
}

/** Fails an operation of `kind` for good at every step in turn, before the step's effect and after it. */
export async function failAtEachStep(kind: OperationKind): Promise<FailedWalk[]> {
  const walks: FailedWalk[] = []
  for (const step of shareSteps(kind)) {
    for (const when of ['before', 'after'] as const) {
      const bench = await openBench()
      try {
        const id = await scenarios[kind](bench)
        await bench.store.db.deleteFrom('messages').execute()
        const code = wrapped(bench.operations, kind, (real, name) =>
          name !== step
            ? {}
            : {
                run: async (job: Job) => {
                  if (when === 'after') await real.run(job)
                  throw new StepFailure('unwind', { code: 'test', message: 'on purpose', retryable: false })
                },
              },
        )
        await bench.drain({ code })
        const row = await bench.store.db
          .selectFrom('operations')
          .select('state')
          .where('id', '=', id)
          .executeTakeFirstOrThrow()
        const messages = await bench.store.db.selectFrom('messages').select('id').execute()
        const laws = await brokenLaws(bench)
        walks.push({
          step,
          when,
          state: row.state,
          laws,
          world: await world(bench),
          messages: messages.length,
        })
      } finally {
        await bench.close()
      }
    }
  }
  return walks
}

/** What is there in the end, without ids and stamps. */
export interface World {
  readonly shares: readonly string[]
  readonly snapshots: readonly string[]
  readonly held: readonly number[]
  readonly tombstones: number
}

export async function world(bench: Bench): Promise<World> {
  const { db } = bench.store
  const shares = await db.selectFrom('shares').selectAll().orderBy('created_at').execute()
  const snapshots = await db.selectFrom('snapshots').selectAll().orderBy('created_at').execute()
  const held = bench.held()
  const tombstones = await db.selectFrom('tombstones').select('id').execute()
  return {
    shares: shares.map((row) => `${row.status} ${row.size} GiB, target ${row.target_size}`),
    snapshots: snapshots.map((row) => `${row.status} ${row.size} GiB`),
    held: [held.shares.length, held.snapshots.length, held.exports.length],
    tombstones: tombstones.length,
  }
}
