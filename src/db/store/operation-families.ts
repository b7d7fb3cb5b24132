/**
 * Rows of operations that belong together: a parent, its children, theirs. Whoever writes in several members locks the parent
 * before the children, so that two of a family never wait for each other.
 */
import { prepared } from '../prepared.ts'
import type { DbOrTx, OperationsTable, Tx } from '../schema.ts'

type OperationRow = OperationsTable

const open: readonly OperationsTable['state'][] = ['queued', 'running', 'undoing']

/** For whoever wakes an operation. */
export interface Due {
  readonly id: string
  readonly topic: string
  readonly backend_id: string | null
}

export interface ChildRow extends OperationRow {
  /** It was ended while one of its steps was neither done with nor taken back. */
  readonly leftBehind: boolean
}

/** What a step of the parent started, in order. */
export async function childrenOf(db: DbOrTx, parentId: string, step: string): Promise<ChildRow[]> {
  const rows = await db
    .selectFrom('operations')
    .selectAll('operations')
    .select((eb) =>
      eb
        .selectFrom('operation_steps')
        .select((inner) => inner.fn.countAll<number>().as('count'))
        .whereRef('operation_steps.operation_id', '=', 'operations.id')
        .where('operation_steps.state', '=', 'started')
        .as('unsettled'),
    )
    .where('parent_id', '=', parentId)
    .where('parent_step', '=', step)
    .orderBy('child_number')
    .execute()
  return rows.map(({ unsettled, ...row }) => ({
    ...row,
    leftBehind: row.state !== 'done' && Number(unsettled) > 0,
  }))
}

/** Holds the operation's row until the end of the transaction, and answers it as it is by then; undefined when it is gone. */
export async function lockOperation(tx: Tx, id: string): Promise<OperationRow | undefined> {
  return (await locked(tx, id))[0]
}
const locked = prepared((db, id: string) =>
  db.selectFrom('operations').selectAll().where('id', '=', id).forUpdate(),
)

/** Its parent, its parent's parent and so on, nearest first. */
export async function ancestorsOf(db: DbOrTx, parentId: string | null): Promise<string[]> {
  const ids: string[] = []
  for (let id = parentId; id !== null;) {
    ids.push(id)
    const row = await db.selectFrom('operations').select('parent_id').where('id', '=', id).executeTakeFirst()
    id = row?.parent_id ?? null
  }
  return ids
}

/** Ids of all members of the families of these, themselves included, that are not over. */
export async function openFamilies(db: DbOrTx, ids: readonly string[]): Promise<string[]> {
  if (ids.length === 0) return []
  const tops = await db
    .selectFrom('operations')
    .select((eb) => eb.fn.coalesce('family_id', 'id').as('top'))
    .distinct()
    .where('id', 'in', ids)
    .execute()
  const rows = await db
    .selectFrom('operations')
    .select('id')
    .where('state', 'in', open)
    .where((eb) => {
      const top = tops.flatMap((row) => row.top ?? [])
      return eb.or([eb('id', 'in', top), eb('family_id', 'in', top)])
    })
    .execute()
  return rows.map(({ id }) => id)
}

/**
 * Asks these, and all that they started, to undo what they did at their next step. What takes something back goes on; who waits
 * for children is woken by the last of them. Answers whom to wake now.
 */
export async function askToStop(tx: Tx, ids: readonly string[], now: number): Promise<Due[]> {
  const due: Due[] = []
  for (let level = ids; level.length > 0;) {
    await tx
      .updateTable('operations')
      .set({ cancel_requested: 1, updated_at: now })
      .where('id', 'in', level)
      .where('state', 'in', ['queued', 'running'])
      .execute()
    const children = await tx
      .selectFrom('operations')
      .select(['id', 'parent_id', 'parent_step'])
      .where('parent_id', 'in', level)
      .where('state', 'in', open)
      .execute()
    const waiting = new Set(children.map((child) => child.parent_id))
    const free = level.filter((id) => !waiting.has(id))
    if (free.length > 0) due.push(...(await wake(tx, free, now)))
    level = children.filter((child) => !takesBack(child.parent_step ?? null)).map(({ id }) => id)
  }
  return due
}

/** Ends a pause before another try. */
export async function wake(tx: Tx, ids: readonly string[], now: number): Promise<Due[]> {
  await tx
    .updateTable('operations')
    .set({ not_before: now, updated_at: now })
    .where('id', 'in', ids)
    .where('state', 'in', open)
    .execute()
  return tx
    .selectFrom('operations')
    .select(['id', 'topic', 'backend_id'])
    .where('id', 'in', ids)
    .where('state', 'in', open)
    .execute()
}

const undoing = 'undo '

/** How children are marked that take back what those of a step did. */
export const takingBack = (step: string): string => `${undoing}${step}`
export const takesBack = (step: string | null): boolean => step?.startsWith(undoing) === true
