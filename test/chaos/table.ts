/** The outcome for people. */
import { groupVerbs, type GroupVerb } from '../faults/group-load.ts'
import type { CheckReport } from '../faults/world.ts'
import type { Outcome } from './random-faults.ts'

/** True when nothing was lost, stuck, drifted or left over. */
export const verdictOf = ({ report }: Outcome): boolean => report.wrong === 0

const said: Readonly<Record<GroupVerb, string>> = {
  group: 'made empty',
  'group-share': 'shares made in them',
  'group-snapshot': 'snapshots of them',
  'group-copy': 'made from snapshots',
  'group-delete': 'deleted, with what was in them',
}

function verbRow({ byVerb }: CheckReport, verb: GroupVerb): string {
  const { accepted, finished, failedWithCause } = byVerb[verb] ?? none
  return `${accepted} accepted, ${finished} finished, ${failedWithCause} failed with a cause`
}
const none = { accepted: 0, finished: 0, failedWithCause: 0 } as const

export function table(outcome: Outcome): string {
  const { report, faults, children } = outcome
  const { counts } = report
  const sum = (...starts: readonly string[]): number =>
    Object.entries(counts).reduce(
      (total, [name, count]) => total + (starts.some((start) => name.startsWith(start)) ? count : 0),
      0,
    )
  const struck = Object.entries(Object.groupBy(faults, ({ on, kind }) => `${on} ${kind}`))
    .map(([name, list]) => `${name} ${list?.length ?? 0}`)
    .sort()
  const orphans = sum('orphan_', 'doubled_', 'orphans_')
  const drift = counts.capacity_drift ?? 0
  const others =
    report.wrong -
    sum('lost', 'stuck', 'unfinished', 'half', 'quota', 'capacity', 'orphan_', 'doubled_', 'orphans_')
  const rows: readonly (readonly [string, string])[] = [
    ['faults', String(faults.length)],
    ['requests accepted', String(report.accepted)],
    ['  finished', String(report.finished)],
    ['  failed with a cause', String(report.failedWithCause)],
    ['  lost', String(counts.lost_requests ?? 0)],
    ...groupVerbs.map((verb) => [`of groups: ${said[verb]}`, verbRow(report, verb)] as const),
    ['child operations', `${children.all}, ${children.takingBack} of them took something back`],
    ['stuck', String(sum('stuck', 'unfinished'))],
    ['quota drift', String(counts.quota_drift ?? 0)],
    ['capacity drift', String(drift)],
    ['orphans on the backends', String(orphans)],
    ['group snapshots that are half there', String(counts.half_group_snapshots ?? 0)],
    ['other differences', String(others)],
    ['answered 503 (away for a moment)', String(outcome.refusedFor503)],
    ['not answered (connection lost)', String(outcome.unanswered)],
    ['operations, from request to end', at(outcome.allS)],
    ['first operation asked for after a fault is over', at(outcome.firstAfterS)],
    ['operations under way at a fault are over', at(outcome.underWayS)],
    ['quiet after the last fault and request', `${outcome.quietS.toFixed(1)} s`],
  ]
  const width = Math.max(...rows.map(([name]) => name.length))
  return [
    `struck: ${struck.join(', ')}`,
    ...rows.map(([name, value]) => `${name.padEnd(width)}  ${value}`),
  ].join('\n')
}

/** `p50 0.4 s, p99 7.9 s (n 310)` of sorted seconds. */
export function at(seconds: readonly number[]): string {
  const per = (cent: number): string =>
    (seconds[Math.min(seconds.length - 1, Math.floor((seconds.length * cent) / 100))] ?? 0).toFixed(1)
  return `p50 ${per(50)} s, p99 ${per(99)} s (n ${seconds.length})`
}
