/**
 * Every kind of work that outlives its request. `operations/<kind>.ts` says what a kind needs to know, and the steps of each of
 * its versions in order with the service that runs each; this is the table of them. The steps' code lives with the service
 * (`scheduler/operations/`, `share-manager/operations/`); the plans are what it must fit.
 *
 * Rules for changing a plan: what is open was begun by a version and is finished by it. So a change of steps or payload is a
 * new version beside the old one, whose plan and code stay for one release more; a step's name is never reused for another
 * meaning. Processes say which versions they know, and new work is written as the newest that all of them do.
 */
import { createShare, type CreateShare } from './operations/create-share.ts'
import { createSnapshot, type CreateSnapshot } from './operations/create-snapshot.ts'
import { deleteShare, type DeleteShare } from './operations/delete-share.ts'
import { deleteSnapshot, type DeleteSnapshot } from './operations/delete-snapshot.ts'
import { ensureShares, type EnsureShares } from './operations/ensure-shares.ts'
import { extendShare, type ExtendShare } from './operations/extend-share.ts'
import { manageShare, type ManageShare } from './operations/manage-share.ts'
import { manageSnapshot, type ManageSnapshot } from './operations/manage-snapshot.ts'
import type { KindPlans, OperationPlan, Topic } from './operations/plan.ts'
import { revertAndExtendShare, type RevertAndExtendShare } from './operations/revert-and-extend-share.ts'
import { revertShare, type RevertShare } from './operations/revert-share.ts'
import {
  createShareGroupSnapshot,
  deleteShareGroupSnapshot,
  type CreateShareGroupSnapshot,
  type DeleteShareGroupSnapshot,
} from './operations/share-group-snapshots.ts'
import {
  createShareGroup,
  deleteShareGroup,
  type CreateShareGroup,
  type DeleteShareGroup,
} from './operations/share-groups.ts'
import { shrinkShare, type ShrinkShare } from './operations/shrink-share.ts'
import { unmanageShare, type UnmanageShare } from './operations/unmanage-share.ts'
import { unmanageSnapshot, type UnmanageSnapshot } from './operations/unmanage-snapshot.ts'

export interface OperationPayloads {
  'create-share': CreateShare
  'delete-share': DeleteShare
  'extend-share': ExtendShare
  'shrink-share': ShrinkShare
  'create-snapshot': CreateSnapshot
  'delete-snapshot': DeleteSnapshot
  'revert-share': RevertShare
  'revert-and-extend-share': RevertAndExtendShare
  'manage-share': ManageShare
  'unmanage-share': UnmanageShare
  'manage-snapshot': ManageSnapshot
  'unmanage-snapshot': UnmanageSnapshot
  'create-share-group': CreateShareGroup
  'delete-share-group': DeleteShareGroup
  'create-share-group-snapshot': CreateShareGroupSnapshot
  'delete-share-group-snapshot': DeleteShareGroupSnapshot
  'ensure-shares': EnsureShares
}

export type OperationKind = keyof OperationPayloads

/** By kind, then by version. */
export type Plans = Readonly<Record<string, KindPlans>>

export const operationPlans = {
  'create-share': createShare,
  'delete-share': deleteShare,
  'extend-share': extendShare,
  'shrink-share': shrinkShare,
  'create-snapshot': createSnapshot,
  'delete-snapshot': deleteSnapshot,
  'revert-share': revertShare,
  'revert-and-extend-share': revertAndExtendShare,
  'manage-share': manageShare,
  'unmanage-share': unmanageShare,
  'manage-snapshot': manageSnapshot,
  'unmanage-snapshot': unmanageSnapshot,
  'create-share-group': createShareGroup,
  'delete-share-group': deleteShareGroup,
  'create-share-group-snapshot': createShareGroupSnapshot,
  'delete-share-group-snapshot': deleteShareGroupSnapshot,
  'ensure-shares': ensureShares,
} as const satisfies Record<OperationKind, KindPlans>

type Steps<Versions> = Versions[keyof Versions] extends { readonly steps: infer All }
  ? All extends readonly (readonly [infer Name extends string, ...unknown[]])[]
    ? Name
    : never
  : never
type NamesOf<Table> = { readonly [Kind in keyof Table]: Steps<Table[Kind]> }
// An interface, since the compiler looks through a mapped type too early to know what a step is given.
interface StepNames extends NamesOf<typeof operationPlans> {}
/** The names of a kind's steps in all of its versions, for the compiler. */
export type StepName<Kind extends OperationKind> = StepNames[Kind]

/** Of a row that any release may have written; null when this one does not know it. */
export function planOf(kind: string, version: number, plans: Plans = operationPlans): OperationPlan | null {
  return (Object.hasOwn(plans, kind) ? plans[kind]?.[version] : undefined) ?? null
}

/** From the oldest to the newest; empty for a kind that nobody knows. */
export function versionsOf(kind: string, plans: Plans = operationPlans): number[] {
  return Object.hasOwn(plans, kind) ? Object.keys(plans[kind] ?? {}).map(Number) : []
}

/** The plan that new work follows once every process knows it. */
export function newestPlan(kind: OperationKind): OperationPlan {
  return planOf(kind, versionsOf(kind).at(-1) ?? 0) as OperationPlan
}

export interface KnownPlan {
  readonly kind: OperationKind
  readonly version: number
  readonly plan: OperationPlan
}

/** Every version of every kind, oldest first. */
export function allPlans(): KnownPlan[] {
  return (Object.keys(operationPlans) as OperationKind[]).flatMap((kind) =>
    versionsOf(kind).map((version) => ({ kind, version, plan: planOf(kind, version) as OperationPlan })),
  )
}

export interface KnownStep {
  readonly kind: OperationKind
  readonly version: number
  readonly step: string
  readonly on: Topic
}

/** Every step of every version of every kind, in order: what the kill tests walk through. */
export function allSteps(): KnownStep[] {
  return allPlans().flatMap(({ kind, version, plan }) =>
    plan.steps.map(([step, on]) => ({ kind, version, step, on })),
  )
}

/** How a version of a kind is written where one word has to name it: `create-share@2`. */
export const planKey = (kind: string, version: number): string => `${kind}@${version}`
