/** Walks a list of kill points through one world: a process of its own is killed at each, and the next one has to put it right. */
import { setFaults } from '../../src/storage/sim/faults.ts'
import type { OperationCode } from '../../src/engine/operation.ts'
import { allSteps, planKey, planOf, versionsOf, type OperationKind } from '../../src/model/operations.ts'
import type { Topic } from '../../src/model/operations/plan.ts'
import { schedulerOperations } from '../../src/scheduler/service.ts'
import { shareOperations } from '../../src/share-manager/operations/index.ts'
import { memberCases, type MemberCase, type MemberCaseName } from './member-cases.ts'
import { judged, scenarios, type Subject } from './scenarios.ts'
import { until, type Reply, type World } from './world.ts'

export interface KillPoint {
  readonly kind: OperationKind
  readonly version: number
  readonly step: string
  /** Which service runs it. */
  readonly on: Topic
  /** While the step is undone; or while what its children made is taken back. */
  readonly undo: false | 'undo' | 'take back'
  readonly at: 'before-effect' | 'after-effect'
  /** Which of those who come there is struck, such as the second of several children; the first without it. */
  readonly nth?: number
  /** What is done meanwhile, when it isn't the scenario of the kind: the step may be a child's of it. */
  readonly group?: MemberCaseName
}

/** What a point is struck in. */
type Case = Omit<MemberCase, 'children'>

function caseOf({ kind, undo, group }: KillPoint): Case {
  if (group !== undefined) return memberCases[group]
  const { prepare, request, done, undone, fault } = scenarios[kind]
  const both = { kind, prepare, request }
  return undo === false
    ? { ...both, fault: null, ends: 'done', over: done }
    : { ...both, fault: fault ?? {}, ends: 'failed', over: undone }
}

/** Every kind of operation that runs in it. */
const kindsIn = ({ kind, group }: KillPoint): readonly OperationKind[] =>
  group === undefined ? [kind] : [memberCases[group].kind, ...memberCases[group].children]

const moments = ['before-effect', 'after-effect'] as const

/**
 * Every step of every operation, twice: before its effect, and after the effect but before its record. Of a step that only writes
 * neither is there before the commit: once is enough.
 */
export function stepPoints(): KillPoint[] {
  return allSteps()
    .flatMap((step) => moments.map((at) => ({ ...step, undo: false as const, at })))
    .filter((point) => point.at === 'after-effect' || !onlyWrites(point))
}

/** As {@link stepPoints}, for the steps that have an undo. */
export function undoPoints(): KillPoint[] {
  // Nothing of these parts is used before a step runs.
  const codes = {
    scheduler: schedulerOperations({} as never),
    share: shareOperations({} as never),
    data: null,
  }
  return allSteps()
    .filter(({ kind, version, step, on }) => {
      const code: OperationCode | undefined = codes[on]?.get(planKey(kind, version))
      return code?.steps[step]?.undo !== undefined
    })
    .flatMap((step) => moments.map((at) => ({ ...step, undo: 'undo' as const, at })))
}

/** Whether another version of the kind came after it. */
const isOld = ({ kind, version }: KillPoint): boolean => version < (versionsOf(kind).at(-1) ?? version)

/** As a process is told where to end itself. */
export const nameOf = ({ kind, step, undo, at, nth = 1 }: KillPoint): string =>
  `${kind}/${undo === false ? '' : `${undo} `}${step}/${at}${nth === 1 ? '' : `@${nth}`}`

/** As people are told. */
const saidOf = (point: KillPoint): string =>
  point.group === undefined ? nameOf(point) : `${point.group}: ${nameOf(point)}`

interface Row {
  readonly id: string
  readonly kind: string
  readonly state: string
  readonly version: number
  /** Its due step, when that is begun. */
  readonly name: string | null
  readonly step: number
}

export interface Walked {
  /** Points at which a process really was killed and its work then ended as it should. */
  readonly survived: readonly string[]
  readonly wrong: readonly string[]
  /** Milliseconds from "it serves again" to "the operation is over", one per point. */
  readonly recoveryMs: readonly number[]
}

/** Kills one process per point. The world is served by nobody before and after. */
export async function walk(world: World, points: readonly KillPoint[]): Promise<Walked> {
  const order = shuffledByKind(points)
  const subjects = await prepareAll(world, order)
  const survived: string[] = []
  const wrong: string[] = []
  const recoveryMs: number[] = []
  let before: { readonly point: KillPoint; readonly operationId: string } | null = null
  const recover = async (): Promise<void> => {
    if (before === null) return
    const { point, operationId } = before
    const began = performance.now()
    try {
      await recovered(world, point, operationId, subjects.get(point)!)
      survived.push(saidOf(point))
    } catch (error) {
      wrong.push(`${saidOf(point)}: ${(error as Error).message}`)
    }
    recoveryMs.push(performance.now() - began)
    before = null
  }
  for (const point of order) {
    if (before !== null && meets((before as { point: KillPoint }).point, point)) {
      const running = await world.start()
      await recover()
      await running.kill()
    }
    const running = await world.start({ failpoint: nameOf(point), oldest: isOld(point) })
    try {
      await recover()
      before = { point, operationId: await killedAt(world, running, point, subjects.get(point)!) }
    } catch (error) {
      wrong.push(`${saidOf(point)}: ${(error as Error).message}`)
      await running.kill()
    }
  }
  const running = await world.start()
  await recover()
  await quiet(world)
  for (const [point, subject] of subjects) {
    await caseOf(point)
      .over(world, subject)
      .catch((error: Error) => wrong.push(`${saidOf(point)}, at the end: ${error.message}`))
  }
  await running.kill()
  return { survived, wrong, recoveryMs }
}

const steps = allSteps()
const indexOf = ({ kind, version, step }: KillPoint): number =>
  steps.findIndex((one) => one.kind === kind && one.version === version && one.step === step)

/** Whether what was killed at `point`, going on, comes by `next`: then another process has to bring it to its end first. */
function meets(point: KillPoint, next: KillPoint): boolean {
  if (point.group !== undefined || next.group !== undefined)
    return kindsIn(point).some((kind) => kindsIn(next).includes(kind))
  if (point.kind !== next.kind || point.undo !== next.undo) return false
  // Steps of several versions have the same name, and the point is known by it.
  if (point.version !== next.version) return true
  const ahead = indexOf(next) - resumedAt(point)
  return point.undo === false ? ahead >= 0 : ahead <= 0
}

/** What only writes shares its transaction with what is before it: killed there, the last effect is repeated. */
function resumedAt(point: KillPoint): number {
  const own = indexOf(point)
  const isOfPlan = ({ kind, version }: (typeof steps)[number]): boolean =>
    kind === point.kind && version === point.version
  if (!onlyWrites(point)) return own
  const effect = steps.findLastIndex(
    (step, index) => isOfPlan(step) && index < own && !onlyWrites({ ...point, ...step }),
  )
  return effect >= 0 ? effect : steps.findIndex(isOfPlan)
}

const alike = (one: KillPoint, other: KillPoint | undefined): boolean =>
  (one.group ?? one.kind) === (other?.group ?? other?.kind)

/** Neighbours are of different kinds, as far as there are enough; those of a kind don't meet the next, but for a few. */
function shuffledByKind(points: readonly KillPoint[]): KillPoint[] {
  const queues = [...Map.groupBy(points, ({ kind, group }) => group ?? kind).values()].map((queue) =>
    queue.toSorted(
      (a, b) =>
        Number(a.undo !== false) - Number(b.undo !== false) ||
        a.at.localeCompare(b.at) ||
        (indexOf(b) - indexOf(a)) * (a.undo === false ? 1 : -1),
    ),
  )
  const order: KillPoint[] = []
  while (order.length < points.length) {
    for (const queue of queues.toSorted((a, b) => b.length - a.length)) {
      const next = queue[0]
      if (
        next === undefined ||
        (alike(next, order.at(-1)) && queues.some((q) => q !== queue && q.length > 0))
      )
        continue
      order.push(next)
      queue.shift()
    }
  }
  return order
}

const codes = [schedulerOperations({} as never), shareOperations({} as never)]

function onlyWrites({ kind, version, step, undo }: KillPoint): boolean {
  const key = planKey(kind, version)
  return undo === false && codes.some((registry) => 'write' in (registry.get(key)?.steps[step] ?? {}))
}

const numberOf = ({ kind, version, step }: KillPoint): number =>
  planOf(kind, version)?.steps.findIndex(([name]) => name === step) ?? -1

/** Answers the operation that was under way when the process ended itself: the one that was asked for, not a child of it. */
async function killedAt(
  world: World,
  running: Awaited<ReturnType<World['start']>>,
  point: KillPoint,
  subject: Subject,
): Promise<string> {
  const { kind, fault, request, meanwhile } = caseOf(point)
  if (fault !== null) await setFaults(world.backendDir, fault)
  // The process may be gone before it answers; the rows tell what it accepted.
  const reply: Reply | null = await judged(() => request(world, subject)).catch(() => null)
  if (reply !== null && reply.status >= 300) {
    throw new Error(`the request was refused: ${reply.status} ${JSON.stringify(reply.body)}`)
  }
  await meanwhile?.(world, subject).catch(() => null)
  const signal = await Promise.race([
    running.ended,
    new Promise<'nothing'>((resolve) => setTimeout(resolve, 20_000, 'nothing').unref()),
  ])
  if (world.kind === 'sim') await setFaults(world.backendDir, {})
  if (signal !== 'SIGKILL') {
    const { body } = await world.call('GET', `/operations?kind=${point.kind}&limit=1`)
    const why = JSON.stringify(body.operations?.[0] ?? null)
    throw new Error(`the process was ended by ${signal}, not by the failpoint: ${why}`)
  }
  const [asked] = await world.query<{ readonly id: string }>(
    'select id from operations where kind = ? and parent_id is null order by created_at desc limit 1',
    kind,
  )
  const top = asked?.id ?? ''
  const rows = await world.query<Row>(
    `select o.id, o.kind, o.state, o.version, o.step, s.name from operations o
       left join operation_steps s on s.operation_id = o.id and s.step = o.step
      where o.id = ? or o.family_id = ?`,
    top,
    top,
  )
  const state = point.undo === false ? 'running' : 'undoing'
  const { kind: struck, step, version } = point
  const isStruck = (row: Row): boolean =>
    row.kind === struck && row.version === version && (isOnRecord(row) || isYetToCome(row))
  const isOnRecord = (row: Row): boolean => row.state === state && row.name === step
  // What a step that only writes does is there with its record: killed in the middle of that, it was never begun.
  const isYetToCome = (row: Row): boolean =>
    onlyWrites(point) && ['queued', 'running'].includes(row.state) && row.step <= numberOf(point)
  if (!rows.some(isStruck)) {
    const say = (row: Row): string => `${row.kind} ${row.state} at ${row.name} of version ${row.version}`
    throw new Error(
      `the rows say ${rows.map(say).join(', ') || 'nothing'}, not ${struck} ${state} at ${step} of ${version}`,
    )
  }
  return top
}

async function recovered(
  world: World,
  point: KillPoint,
  operationId: string,
  subject: Subject,
): Promise<void> {
  const ended = await until(`the end of ${operationId}`, 60_000, async () => {
    const { body } = await world.call('GET', `/operations/${operationId}`)
    return ['done', 'failed', 'cancelled'].includes(body.operation?.state) ? body.operation : null
  })
  const { ends: should, over } = caseOf(point)
  if (ended.state !== should) throw new Error(`it is ${ended.state}: ${JSON.stringify(ended.cause)}`)
  if (should === 'failed' && !ended.cause?.message) throw new Error('it failed without a cause')
  await over(world, subject)
}

/** Everything that the cases work on, while nothing is killed yet. */
async function prepareAll(world: World, points: readonly KillPoint[]): Promise<Map<KillPoint, Subject>> {
  const running = await world.start()
  await until('a pool', 30_000, async () => {
    const { body } = await world.call('GET', '/scheduler-stats/pools')
    return body.pools?.length > 0
  })
  const subjects = new Map<KillPoint, Subject>()
  const rest = points.map((point, index) => ({ point, index }))
  const prepare = async (): Promise<void> => {
    for (let next = rest.pop(); next !== undefined; next = rest.pop()) {
      const name = `case-${next.index}-${caseOf(next.point).kind}`
      subjects.set(next.point, await caseOf(next.point).prepare(world, name))
    }
  }
  await Promise.all(Array.from({ length: 8 }, prepare))
  await quiet(world)
  await running.kill()
  return subjects
}

/** Waits until no work is under way and every change of access rules has been carried out. */
export async function quiet(world: World, withinMs = 60_000): Promise<void> {
  let open: readonly { readonly kind: string; readonly state: string }[] = []
  await until('the end of all work', withinMs, async () => {
    for (const state of ['queued', 'running', 'undoing']) {
      const { body } = await world.call('GET', `/operations?state=${state}&limit=3`)
      open = body.operations
      if (open.length > 0) return false
    }
    // A change that nobody has begun to carry out shows in no status.
    return /^manila_access_rules_behind 0$/m.test(await world.metrics())
  }).catch((error: Error) => {
    throw new Error(`${error.message}: ${JSON.stringify(open)}`, { cause: error })
  })
}
