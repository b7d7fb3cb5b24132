/** The command that asks what the page asks. */
import { manila, pairTexts } from '../../ui/manila.ts'
import type { PlacementAsked } from './queries.ts'

const text = (value: unknown): string | null => (typeof value === 'string' && value !== '' ? value : null)

export const placementCommands = {
  ask: (asked: PlacementAsked) =>
    manila('share create', [String(asked.share_proto), String(asked.size)], {
      'dry-run': true,
      'share-type': text(asked.share_type),
      'availability-zone': text(asked.availability_zone),
      'snapshot-id': text(asked.snapshot_id),
      'for-project': text(asked.project_id),
      'scheduler-hint': pairTexts(
        Object.fromEntries(
          Object.entries(asked.scheduler_hints ?? {}).map(([key, value]) => [key, String(value)]),
        ),
      ),
    }),
}
