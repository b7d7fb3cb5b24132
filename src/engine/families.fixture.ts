/** Families of operations that make names and nothing else, for tests: what is made, and whether a step ran that must not. */
import { randomUUID } from 'node:crypto'
import type { Store } from '../db/open.ts'
import { type OperationKind, type Plans } from '../model/operations.ts'
import { systemClock } from '../runtime/clock.ts'
import { breakAllLeases } from '../db/store/leases.ts'
import {
  registry,
  StepFailure,
  type AnyChild,
  type AnyOperationCode,
  type Job,
  type StepCode,
} from './operation.ts'
import { enqueue } from './queue.ts'
import type { RunEnd } from './run-end.ts'
import { run } from './runner.ts'
import { whenWoken } from './families.ts'

/** A member: it makes its name, then its children theirs. */
export interface Member {
  readonly name: string
  readonly fails: boolean
  readonly children: readonly Member[]
}

// The kinds are borrowed for their names: the plans here are others.
const parent = 'extend-share'
const leaf = 'create-snapshot'
const removal = 'delete-snapshot'

export const namesOf = ({ name, children }: Member): string[] => [name, ...children.flatMap(namesOf)]

const undoneBy = {
  kind: removal,
  payload: (member: Member) => ({ names: namesOf(member) }),
}

export const plans: Plans = {
  [parent]: {
    1: {
      resource: 'share',
      deadlineS: 3600,
      steps: [
        ['make', 'share'],
        ['members', 'share', { starts: [leaf, parent] }],
        ['join', 'share', { joins: 'members' }],
        ['check', 'share'],
      ],
      undoneBy,
    },
  },
  [leaf]: {
    1: {
      resource: 'snapshot',
      deadlineS: 3600,
      steps: [
        ['make', 'share'],
        ['check', 'share'],
      ],
      undoneBy,
    },
  },
  [removal]: { 1: { resource: 'snapshot', deadlineS: 3600, steps: [['remove', 'share', 'stays']] } },
}

export const laneOf = (name: string): string => `thing:${name}`
const quiet = { info() {}, warn() {}, error() {} }
const agreement = { knows: () => true }

export class Families {
  readonly store: Store
  readonly clock = systemClock()
  /** Names that are there. */
  readonly made = new Set<string>()
  /** Laws that were broken on the way. */
  readonly wrong: string[] = []
  /** Asked before and after each effect: true ends the worker there, as a kill does. */
  kills: () => boolean = () => false

  constructor(store: Store) {
    this.store = store
  }

  /** `existing`: the parent has the lanes of all members from the start; otherwise members make their own. */
  enqueue(root: Member, existing: boolean): Promise<string> {
    const lanes = existing ? namesOf(root).map(laneOf) : [laneOf(root.name)]
    return this.store.transaction(async (tx) => {
      const { id } = await enqueue(
        tx,
        { ...this.#asked, ...this.#work(root), lanes: lanes as [string, ...string[]] } as never,
        { plans, agreement },
      )
      return id
    })
  }

  /** Something that wants the lane of a name and belongs to no family. */
  stranger(name: string): Promise<string> {
    return this.store.transaction(async (tx) => {
      const work = {
        kind: removal,
        payload: { names: [] },
        resourceId: name,
        lanes: [laneOf(name)],
        backendId: null,
      }
      return (await enqueue(tx, { ...this.#asked, ...work } as never, { plans, agreement })).id
    })
  }

  runOnce(id: string, holder: string): Promise<RunEnd> {
    const parts = {
      store: this.store,
      clock: this.clock,
      plans,
      agreement,
      registry: this.#registry,
      topic: 'share',
      holder,
      stepDeadlineMs: 1000,
      failpoint: () => {},
      log: quiet,
    }
    return run(parts, id, new AbortController().signal)
  }

  open(): Promise<{ readonly id: string }[]> {
    return this.store.db
      .selectFrom('operations')
      .select('id')
      .where('state', 'in', ['queued', 'running', 'undoing'])
      .orderBy('created_at')
      .execute()
  }

  /** Pauses are for production; who waits for children is woken by them or not at all. */
  async noPauses(): Promise<void> {
    await this.store.db
      .updateTable('operations')
      .set({ not_before: 0 })
      .where('not_before', '<', whenWoken)
      .execute()
  }

  readonly #asked = {
    projectId: 'p',
    userId: 'u',
    begunAs: 'user' as const,
    requestId: 'req-1',
    now: this.clock.now(),
  }

  #work(member: Member): AnyChild {
    const kind: OperationKind = member.children.length > 0 ? parent : leaf
    return {
      kind,
      payload: member,
      resourceId: randomUUID(),
      lanes: [laneOf(member.name)],
      backendId: null,
    } as unknown as AnyChild
  }

  readonly #registry = registry('share', plans, this.#codes())

  #codes(): AnyOperationCode[] {
    const memberOf = (job: Job): Member => job.payload as unknown as Member
    const make: StepCode<OperationKind> = {
      run: (job) => this.#effect(job, () => this.made.add(memberOf(job).name)),
      undo: (job) => this.#effect(job, () => this.made.delete(memberOf(job).name)),
    }
    const check: StepCode<OperationKind> = {
      run: (job) =>
        this.#effect(job, () => {
          if (memberOf(job).fails)
            throw new StepFailure('unwind', { code: 'no', message: 'no', retryable: false })
        }),
    }
    const members: StepCode<OperationKind> = {
      run: async (job) => {
        await this.#effect(job, () => {})
        return { children: memberOf(job).children.map((child) => this.#work(child)) }
      },
    }
    const join: StepCode<OperationKind> = {
      run: (job) =>
        this.#effect(job, () => {
          if (job.children.length !== memberOf(job).children.length) this.wrong.push('joined too few')
          if (job.children.some(({ state }) => state !== 'done')) this.wrong.push('joined what failed')
        }),
    }
    const remove: StepCode<OperationKind> = {
      run: (job) =>
        this.#effect(job, () => {
          for (const name of (job.payload as unknown as { readonly names: readonly string[] }).names)
            this.made.delete(name)
        }),
    }
    const of = (kind: OperationKind, steps: Record<string, StepCode<OperationKind>>) =>
      ({ kind, version: 1, topic: 'share', steps, failed: async () => {} }) as unknown as AnyOperationCode
    return [of(parent, { make, members, join, check }), of(leaf, { make, check }), of(removal, { remove })]
  }

  async #effect(job: Job, effect: () => void): Promise<void> {
    await this.#mayDie()
    await this.#noAncestorOver(job)
    effect()
    await this.#mayDie()
  }

  async #noAncestorOver(job: Job): Promise<void> {
    const { db } = this.store
    for (let id: string | null = job.operationId; id !== null;) {
      const row: { parent_id?: string | null; finished_at: number | null } = await db
        .selectFrom('operations')
        .select(['parent_id', 'finished_at'])
        .where('id', '=', id)
        .executeTakeFirstOrThrow()
      if (row.finished_at !== null && id !== job.operationId)
        this.wrong.push(`${job.kind} ran after its parent's end`)
      id = row.parent_id ?? null
    }
  }

  /** Gone without a trace, as a killed process: what it held is free, and what it writes is refused. */
  async #mayDie(): Promise<void> {
    if (!this.kills()) return
    await breakAllLeases(this.store)
    await this.store.db
      .updateTable('operations')
      .set((eb) => ({ fence: eb('fence', '+', 1) }))
      .where('state', 'in', ['running', 'undoing'])
      .execute()
  }
}
