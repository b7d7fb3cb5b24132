/**
 * What must be true whenever no operation is open, whatever went wrong before; and two walks that make things go wrong at
 * every step of an operation.
 */
import { recountCapacity } from '../db/store/capacity-recount.ts'
import { recountQuota } from '../db/store/quota-recount.ts'
import {
  StepFailure,
  type Job,
  type OperationCode,
  type Registry,
  type EffectStep,
} from '../engine/operation.ts'
import { asEffect } from '../engine/steps.fixture.ts'
import { breakAllLeases } from '../db/store/leases.ts'
import { planKey, planOf, type OperationKind } from '../model/operations.ts'
import { findStuck } from '../db/store/stuck-instances.fixture.ts'
import { openBench, type Bench } from './bench.fixture.ts'
import { scenarios } from './scenarios.fixture.ts'

/** Every broken law as a sentence; empty when all hold. */
export async function brokenLaws(bench: Bench): Promise<string[]> {
  return [
    ...(await leftovers(bench)),
    ...(await quotaLaws(bench)),
    ...(await poolLaws(bench)),
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

/** The recount of `manila-manage quota recount`. */
async function quotaLaws({ store: { db } }: Bench): Promise<string[]> {
  const differences = await recountQuota(db)
  return differences.map(
    ({ projectId, scope, scopeId, resource, recorded, counted }) =>
      `quota ${projectId}/${scope}/${scopeId}/${resource} is ${recorded} and should be ${counted}`,
  )
}

async function poolLaws({ store: { db } }: Bench): Promise<string[]> {
  const wrong = (await recountCapacity(db)).map(
    ({ label, recorded, counted }) => `pool ${label} counts ${recorded} GiB, its shares ${counted}`,
  )
  const rows = await db
    .selectFrom('share_instances')
    .innerJoin('shares', 'shares.id', 'share_instances.share_id')
    .select(['share_instances.id', 'share_instances.status', 'placed_gib', 'size'])
    .where('pool_id', 'is not', null)
    .execute()
  for (const row of rows) {
    if (row.status === 'available' && row.placed_gib !== row.size) {
      wrong.push(`share instance ${row.id} of ${row.size} GiB counts ${row.placed_gib} on its pool`)
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

/** The steps of a version of a kind that the share manager runs. */
export const shareSteps = (kind: OperationKind, version: number): string[] =>
  (planOf(kind, version)?.steps ?? []).filter(([, on]) => on === 'share').map(([name]) => name)

/** Asks for an operation of `kind`, and has it follow this version of its plan; answers its id. */
export async function ask(bench: Bench, kind: OperationKind, version: number): Promise<string> {
  const id = await scenarios[kind](bench)
  await bench.store.db.updateTable('operations').set({ version }).where('id', '=', id).execute()
  return id
}

type Wrap = (code: EffectStep<OperationKind>, name: string) => Partial<EffectStep<OperationKind>>

/** The real code with every step of a version of `kind` wrapped. */
export function wrapped(operations: Registry, kind: OperationKind, version: number, wrap: Wrap): Registry {
  const key = planKey(kind, version)
  const code = operations.get(key)
  if (code === undefined) throw new Error(`no code for ${key}`)
  const steps = Object.fromEntries(
    Object.entries(code.steps).map(([name, step]) => {
      const effect = asEffect(step)
      return [name, { ...effect, ...wrap(effect, name) }]
    }),
  )
  return new Map([...operations, [key, { ...code, steps } as OperationCode]])
}

/**
 * Runs an operation of `kind` once as it is, once with every step's effect twice and once with a kill between the effect
 * and the record of every step, and answers how each world ended. They must be equal.
 */
export async function eachStepTwice(
  kind: OperationKind,
  version: number,
): Promise<{
  plain: World
  twice: World
  killed: World
  laws: string[]
}> {
  const laws: string[] = []
  const walk = async (drain: (bench: Bench) => Promise<void>): Promise<World> => {
    const bench = await openBench()
    try {
      await ask(bench, kind, version)
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
      code: wrapped(bench.operations, kind, version, (step) => ({
        run: async (job) => {
          await step.run(job)
          return step.run(job)
        },
      })),
    }),
  )
  const killed = await walk(async (bench) => {
    const done = new Set<string>()
    const code = wrapped(bench.operations, kind, version, (step, name) => ({
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
    if (done.size !== shareSteps(kind, version).length)
      throw new Error(`only ${[...done].join(', ')} were killed`)
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
export async function failAtEachStep(kind: OperationKind, version: number): Promise<FailedWalk[]> {
  const walks: FailedWalk[] = []
  for (const step of shareSteps(kind, version)) {
    for (const when of ['before', 'after'] as const) {
      const bench = await openBench()
      try {
        const id = await ask(bench, kind, version)
        await bench.store.db.deleteFrom('messages').execute()
        const code = wrapped(bench.operations, kind, version, (real, name) =>
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
  readonly groups: readonly string[]
  readonly held: readonly number[]
  readonly tombstones: number
}

export async function world(bench: Bench): Promise<World> {
  const { db } = bench.store
  const shares = await db.selectFrom('shares').selectAll().orderBy('created_at').execute()
  const snapshots = await db.selectFrom('snapshots').selectAll().orderBy('created_at').execute()
  const groups = await db.selectFrom('share_groups').select('status').execute()
  const groupSnapshots = await db.selectFrom('share_group_snapshots').select('status').execute()
  const held = bench.held()
  const tombstones = await db.selectFrom('tombstones').select('id').execute()
  return {
    shares: shares.map((row) => `${row.status} ${row.size} GiB, target ${row.target_size}`),
    snapshots: snapshots.map((row) => `${row.status} ${row.size} GiB`),
    groups: [...groups, ...groupSnapshots].map(({ status }) => status),
    held: [held.shares.length, held.snapshots.length, held.exports.length],
    tombstones: tombstones.length,
  }
}
