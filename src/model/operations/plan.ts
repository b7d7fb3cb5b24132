/** What a plan is: the steps of one version of one kind of operation. */

/** Which service runs a step. */
export type Topic = 'scheduler' | 'share' | 'data'

/** How a step differs from one that is run, and undone when a later one fails. */
export type StepManner =
  /** What it did is not taken back when a later one fails. */
  'stays' | StartsChildren | JoinsChildren

/** The step starts child operations; the one right after it joins them. */
export interface StartsChildren {
  /** Of which kinds. Every process must know them, and what undoes them, before the parent is begun. */
  readonly starts: readonly string[]
  /**
   * True: what becomes of one child is nothing to the others, and the joining step decides what their ends mean. Otherwise the
   * first that fails asks the others to stop, and the parent unwinds.
   */
  readonly eachByItself?: true
}

/** The step runs when all children that the named step started are over. */
export interface JoinsChildren {
  readonly joins: string
}

export type PlannedStep = readonly [name: string, on: Topic, manner?: StepManner]

export interface OperationPlan {
  /** What `GET /v2/operations` calls the resource. */
  readonly resource: 'share' | 'snapshot' | 'share_group' | 'share_group_snapshot' | 'backend'
  /** Everything, retries included, must be over within this many seconds; then it unwinds and says so. */
  readonly deadlineS: number
  readonly steps: readonly PlannedStep[]
  /** What takes back a finished one whose parent unwinds; without it what it did stays. */
  readonly undoneBy?: Compensation
  /** True: its steps run on more than one backend. Such work is begun only once every process can follow it. */
  readonly severalBackends?: true
}

export interface Compensation {
  readonly kind: string
  /** Of the compensating operation, from the payload of the finished one. */
  payload(finished: never): object
}

/** By version: the newest, and each older one that may still be open somewhere. */
export type KindPlans = Readonly<Record<number, OperationPlan>>

export const startedBy = (step: PlannedStep | undefined): StartsChildren | null =>
  typeof step?.[2] === 'object' && 'starts' in step[2] ? step[2] : null

/** The step whose children this one joins; null for any other step. */
export const joinedBy = (step: PlannedStep | undefined): string | null =>
  typeof step?.[2] === 'object' && 'joins' in step[2] ? step[2].joins : null

/** Seconds. */
export const hour = 3600
