/**
 * Which plans all live processes know. Each writes what it knows into its process row and reads those of the others with every
 * heartbeat; new work is written as the newest version that all of them know, so that an upgrade strands nothing: what was begun
 * can be gone on with by any of them.
 */
import { allPlans, planKey, planOf, versionsOf, type Plans } from '../model/operations.ts'
import { startedBy, type OperationPlan } from '../model/operations/plan.ts'

/** What processes know, as they see it; asked anew each time. */
export interface Agreement {
  /** Whether every live process can run this version of this kind. */
  knows(kind: string, version: number): boolean
}

/** For a process that is alone, and before it has looked. */
export const ownPlans: Agreement = { knows: (kind, version) => planOf(kind, version) !== null }

/** What this process announces. */
export const announcement: string = JSON.stringify(
  allPlans().map(({ kind, version }) => planKey(kind, version)),
)

/** What a process can do that says nothing: it is of the last release that knew no versions. */
const unsaid: readonly string[] = [
  'create-share',
  'delete-share',
  'extend-share',
  'shrink-share',
  'create-snapshot',
  'delete-snapshot',
  'revert-share',
  'revert-and-extend-share',
  'manage-share',
  'unmanage-share',
  'manage-snapshot',
  'unmanage-snapshot',
  'ensure-shares',
].map((kind) => planKey(kind, 1))

/** Of what live processes announced. Something that can't be read counts as nothing said. */
export function agreementOf(announced: readonly (string | null)[]): Agreement {
  const known = announced.map((text) => new Set(keysOf(text)))
  return {
    knows: (kind, version) =>
      planOf(kind, version) !== null && known.every((keys) => keys.has(planKey(kind, version))),
  }
}

function keysOf(text: string | null): readonly string[] {
  if (text === null) return unsaid
  try {
    const keys: unknown = JSON.parse(text)
    return Array.isArray(keys) ? keys.map(String) : unsaid
  } catch {
    return unsaid
  }
}

/**
 * The version to begin work of `kind` as: the newest that every live process can go on with, children included. Where there is
 * none, the oldest that this process knows, which somebody will take; null for a kind that must wait until all processes know
 * it, because its steps or children are for other processes than this one's.
 */
export function versionToBegin(kind: string, agreement: Agreement, plans?: Plans): number | null {
  const agreed = agreedVersion(kind, agreement, plans)
  if (agreed !== null) return agreed
  const [oldest] = versionsOf(kind, plans)
  const plan = oldest === undefined ? null : planOf(kind, oldest, plans)
  if (oldest === undefined || plan === null) throw new Error(`operation ${kind} has no plan`)
  return needsAll(plan) ? null : oldest
}

const needsAll = (plan: OperationPlan): boolean =>
  plan.severalBackends === true || plan.steps.some((step) => startedBy(step) !== null)

/**
 * The newest version that all know, its children and whatever takes those back included; null when there is none. `above`: the
 * kinds on the way here, which decide for themselves: a kind may start more of its own.
 */
function agreedVersion(
  kind: string,
  agreement: Agreement,
  plans: Plans | undefined,
  above: readonly string[] = [],
): number | null {
  const way = [...above, kind]
  const able = (one: string): boolean =>
    way.includes(one) || agreedVersion(one, agreement, plans, way) !== null
  const found = versionsOf(kind, plans).findLast((version) => {
    if (!agreement.knows(kind, version)) return false
    const steps = planOf(kind, version, plans)?.steps ?? []
    const children = steps.flatMap((step) => startedBy(step)?.starts ?? [])
    return [...children, ...children.flatMap((child) => undoers(child, plans))].every(able)
  })
  return found ?? null
}

const undoers = (kind: string, plans: Plans | undefined): readonly string[] =>
  versionsOf(kind, plans).flatMap((version) => planOf(kind, version, plans)?.undoneBy?.kind ?? [])
