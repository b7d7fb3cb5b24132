/**
 * Where a process is killed while share groups with members are worked on. Not every step times every child: a kill before a step
 * that only reads or writes rows is the same as one after it, since the rows are written afterwards either way; what empty groups and
 * single shares go through is shown by their own points. What is left is each place where the family is in another state.
 */
import { planOf, versionsOf, type OperationKind } from '../../src/model/operations.ts'
import type { KillPoint } from './every-step.ts'
import type { MemberCaseName } from './member-cases.ts'

type Place = readonly [kind: OperationKind, step: string, at: KillPoint['at'], more?: Partial<KillPoint>]

const [before, after] = ['before-effect', 'after-effect'] as const
const second = { nth: 2 } as const
const third = { nth: 3 } as const

const places: Readonly<Record<MemberCaseName, readonly Place[]>> = {
  'group from snapshot': [
    // It knows its children, and no row of them is written.
    ['create-share-group', 'members', after],
    // The first child has a place, unrecorded.
    ['create-share', 'place', after],
    ['create-share', 'backend', before],
    ['create-share', 'backend', after],
    // The other may be anywhere.
    ['create-share', 'backend', after, second],
    // The last of them, whose end wakes the group's.
    ['create-share', 'serve', after, second],
    // Everything is there and nothing shown.
    ['create-share-group', 'publish', after],
  ],
  'group taken back': [
    // The share that failed takes back what it made itself.
    ['create-share', 'backend', before, { undo: 'undo' }],
    ['create-share', 'backend', after, { undo: 'undo' }],
    // What takes the other back is written, and begun by nobody.
    ['create-share-group', 'members', after, { undo: 'take back' }],
    ['delete-share', 'erase', before],
    ['delete-share', 'erase', after],
    // All is taken back and the group does not know it yet.
    ['create-share-group', 'members', before, { undo: 'take back', nth: 2 }],
  ],
  'group snapshot': [
    ['create-share-group-snapshot', 'members', after],
    ['create-snapshot', 'backend', before],
    ['create-snapshot', 'backend', after],
    ['create-snapshot', 'backend', after, third],
    ['create-snapshot', 'publish', after, third],
    ['create-share-group-snapshot', 'publish', after],
  ],
  'taken back': [
    // The member that failed takes back what it made itself.
    ['create-snapshot', 'backend', after, { undo: 'undo' }],
    // What takes the others back is written, and begun by nobody.
    ['create-share-group-snapshot', 'members', after, { undo: 'take back' }],
    ['delete-snapshot', 'backend', after],
    ['delete-snapshot', 'forget', after, second],
    // All is taken back and the group snapshot does not know it yet.
    ['create-share-group-snapshot', 'members', before, { undo: 'take back', nth: 2 }],
  ],
  'end of a group snapshot': [
    ['delete-share-group-snapshot', 'members', after],
    ['delete-snapshot', 'backend', before],
    ['delete-snapshot', 'backend', after, second],
    ['delete-snapshot', 'forget', after, third],
    ['delete-share-group-snapshot', 'forget', after],
  ],
  'end by force': [
    // Its snapshots are gone, its shares are not.
    ['delete-share-group', 'members gone', after],
    ['delete-share-group', 'shares', after],
    ['delete-share', 'erase', after],
    ['delete-share-group', 'forget', after],
  ],
}

/** Where storage is written, or is all that there is of a member. */
const onStorage: readonly Place[] = [
  ...places['group from snapshot'].slice(3),
  ...places['group snapshot'].slice(2, 5),
]

const pointsOf = (group: MemberCaseName): KillPoint[] =>
  places[group].map(([kind, step, at, more]) => {
    const version = versionsOf(kind).at(-1) ?? 0
    const planned = planOf(kind, version)?.steps.find(([name]) => name === step)
    if (planned === undefined) throw new Error(`${kind} has no step ${step}`)
    return { kind, version, step, on: planned[1], undo: false, at, ...more, group }
  })

/** All of them. */
export const memberPoints = (): KillPoint[] =>
  (Object.keys(places) as MemberCaseName[]).flatMap((group) => pointsOf(group))

/** Those for pools of real file systems, where each kill costs a daemon and mounts: making groups and group snapshots. */
export const realMemberPoints = (): KillPoint[] =>
  (['group from snapshot', 'group snapshot'] as const).flatMap((group) =>
    pointsOf(group).filter((_, index) => onStorage.includes(places[group][index] as Place)),
  )
