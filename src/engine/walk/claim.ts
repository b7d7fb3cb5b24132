/** The beginning: an operation that is due becomes this process's, and goes on at once as far as nothing outside is touched. */
import { passLeases, takeLeases } from '../../db/store/leases.ts'
import { claimable, NotAllFree, type Claimable } from '../../db/store/operation-records.ts'
import type { Tx } from '../../db/schema.ts'
import { planKey } from '../../model/operations.ts'
import { inSpan } from '../../tracing/spans.ts'
import { monotonicMs } from '../hold.ts'
import type { RunEnd } from '../run-end.ts'
import { rowTopics } from '../topics.ts'
import { arrive, goOnwards, parentOrFalse, together } from './together.ts'
import type { Walk } from './walk.ts'

/** Takes the operation and goes on with it in one transaction, as far as that goes. */
export async function claim(walk: Walk, id: string): Promise<'claimed' | RunEnd> {
  const askedAtMs = monotonicMs()
  const taken = await together(walk, async (tx, last) => {
    const found = await find(walk, tx, id)
    if (found === null) return null
    walk.know(found.claimed)
    const { claimed: at } = found
    walk.begunBefore = new Set(at.begun.keys())
    const writes = isWriteDue(walk)
    // What comes to its end here is nobody's in between: whether the lanes were free is asked with the end.
    if (!writes) await takeLanes(walk, tx, found)
    // The last step is not run before the parent is held, which must come first.
    const scope = {
      parent: parentOrFalse(walk),
      held: true,
      last,
      ...(writes ? { releaseLanes: () => passLanes(walk, tx, found) } : {}),
    }
    const onwards = () => goOnwards(walk, tx, at, found.changes, scope)
    const moved = await (writes ? inSpan(...walk.span(), onwards) : onwards())
    if (writes && typeof moved === 'string') await takeLanes(walk, tx, found)
    return { at, moved }
  }).catch((error: unknown) => {
    if (error instanceof NotAllFree) return null
    throw error
  })
  if (taken === null) return { end: 'not-mine' }
  walk.hold.taken(taken.at.lanes, askedAtMs)
  return arrive(walk, taken.at, taken.moved) ?? 'claimed'
}

async function takeLanes(walk: Walk, tx: Tx, { claimed, seen }: Claimable): Promise<void> {
  const { store, holder } = walk.parts
  if (!(await takeLeases(tx, store, seen, { holder, id: claimed.row.id }))) throw new NotAllFree()
}

async function passLanes(walk: Walk, tx: Tx, { claimed, seen }: Claimable): Promise<void> {
  const { store, holder } = walk.parts
  if (!(await passLeases(tx, store, seen, { holder, id: claimed.row.id }))) throw new NotAllFree()
}

function find(walk: Walk, tx: Tx, id: string): Promise<Claimable | null> {
  const { store, clock, topic, backendId, holder, registry } = walk.parts
  return claimable(tx, store, {
    id,
    topics: rowTopics(topic),
    holder,
    backendId: topic === 'share' ? backendId : undefined,
    now: clock.now(),
    knows: ({ kind, version }) => registry.has(planKey(kind, version)),
  })
}

/** Whether the claim has more to do than to begin an effect. */
function isWriteDue(walk: Walk): boolean {
  const [name = ''] = walk.plan.steps[walk.row.step] ?? []
  const step = walk.code.steps[name]
  return step !== undefined && 'write' in step
}
