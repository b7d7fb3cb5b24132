/** How full shares and snapshots are: ours, beyond Manila, at every microversion. */
import Type, { type TProperties } from 'typebox'
import { usageSteps } from '../../model/usage-steps.ts'
import { endpoint } from '../endpoint.ts'
import { Nullable, Optional, Time, Word } from '../types.ts'

const bytes = (description: string) => Nullable(Type.Integer({ description }))

export const Usage = Type.Object({
  id: Type.String(),
  size_gib: Type.Integer(),
  used_bytes: bytes('What counts against the size.'),
  referenced_bytes: bytes('All bytes reachable from here, shared ones included.'),
  exclusive_bytes: bytes('Bytes that would come back if only this were deleted.'),
  reason: Nullable(
    Type.String({
      description: 'Why a figure is null; administrators are told in the words of the backend.',
    }),
  ),
  method: Nullable(Type.String({ description: 'Which counters were read: btrfs-qgroup, statfs…' })),
  measured_at: Nullable(Time),
})
const common = {
  method: 'GET',
  policy: 'share_usage:get',
  status: 200,
  query: Type.Object({ refresh: Optional(Type.String()) }),
  reply: Type.Object({ usage: Usage }),
} as const

export const showShareUsage = endpoint({
  ...common,
  id: 'showShareUsage',
  path: '/shares/:id/usage',
  summary: 'Shows how full a share is, as last measured or, with refresh, measured now.',
})
export const showSnapshotUsage = endpoint({
  ...common,
  id: 'showSnapshotUsage',
  path: '/snapshots/:id/usage',
  summary: 'Shows what a snapshot holds, as last measured or, with refresh, measured now.',
})

/** Shares that are answered about at once. */
export const mostUsages = 100

export const listShareUsages = endpoint({
  id: 'listShareUsages',
  method: 'GET',
  path: '/usage/shares',
  policy: 'share_usage:get',
  status: 200,
  repeated: ['id'],
  query: Type.Object(
    { id: Type.String({ description: 'Of shares, with commas; may be repeated.' }) },
    { additionalProperties: false },
  ),
  reply: Type.Object({ usages: Type.Array(Usage) }),
  summary: 'Shows how full several shares are, as last measured.',
})

const historyQuery = {
  /** ISO 8601, UTC; default a day before `until`. */
  since: Optional(Type.String()),
  /** Default now. */
  until: Optional(Type.String()),
  /** Default the finest that is kept so far back. */
  step: Optional(Word(usageSteps.map(({ name }) => name))),
}

const points = <Extra extends TProperties>(extra: Extra) =>
  Type.Object({
    usage_history: Type.Object({
      id: Type.String({ description: 'Of the share or project; the name of a pool.' }),
      step_s: Type.Integer({
        description: 'Seconds between two points; where one is missing, nobody knows.',
      }),
      since: Time,
      until: Time,
      points: Type.Array(
        Type.Object({
          at: Time,
          size_bytes: bytes('Size at that moment; of a project, that of all its shares.'),
          used_bytes: bytes('What was used of it; null where it was not measured.'),
          ...extra,
        }),
      ),
    }),
  })

export const showShareUsageHistory = endpoint({
  id: 'showShareUsageHistory',
  method: 'GET',
  path: '/shares/:id/usage/history',
  policy: 'share_usage:get',
  status: 200,
  query: Type.Object(historyQuery, { additionalProperties: false }),
  reply: points({}),
  summary: 'Shows how full a share was over time.',
})
export const showProjectUsageHistory = endpoint({
  id: 'showProjectUsageHistory',
  method: 'GET',
  path: '/usage/history',
  policy: 'share_usage:get',
  status: 200,
  query: Type.Object(
    { ...historyQuery, project_id: Optional(Type.String()) },
    { additionalProperties: false },
  ),
  reply: points({ shares: Nullable(Type.Integer()) }),
  summary: "Shows how much the project's shares held over time.",
})
export const showPoolUsageHistory = endpoint({
  id: 'showPoolUsageHistory',
  method: 'GET',
  path: '/scheduler-stats/pools/history',
  policy: 'scheduler_stats:pools:detail',
  status: 200,
  query: Type.Object({ ...historyQuery, pool: Type.String() }, { additionalProperties: false }),
  reply: points({ placed_bytes: bytes('Sizes of everything placed there.') }),
  summary: 'Shows how full a pool was over time.',
})
