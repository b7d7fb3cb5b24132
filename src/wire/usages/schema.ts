/** How full shares and snapshots are: ours, beyond Manila, at every microversion. */
import Type from 'typebox'
import { endpoint } from '../endpoint.ts'
import { Nullable, Optional, Time } from '../types.ts'

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
