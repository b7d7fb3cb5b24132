/** A share instance with its share and what its type says, in one statement: what whoever works on one needs to know of it. */
import { prepared } from '../prepared.ts'
import type { DbOrTx } from '../schema.ts'
import type { PlacedType } from '../../model/extra-specs.ts'
import type { InstanceRow, ShareRow } from './share-instances.ts'
import { shareColumns } from './share-list.ts'

export interface InstanceWithShare {
  readonly instance: InstanceRow
  readonly share: ShareRow
  /** Null where it has none, or one that is gone. */
  readonly type: PlacedType | null
}

/** Both have columns of the same names. */
const prefix = 'of_share_'

/** Undefined when either row is gone. */
export async function instanceWithShare(
  db: DbOrTx,
  instanceId: string,
): Promise<InstanceWithShare | undefined> {
  const [row] = await joined(db, instanceId)
  if (row === undefined) return undefined
  const { type_name: name, type_specs: specs, ...columns } = row
  const instance: Record<string, unknown> = {}
  const share: Record<string, unknown> = {}
  for (const [column, value] of Object.entries(columns)) {
    if (column.startsWith(prefix)) share[column.slice(prefix.length)] = value
    else instance[column] = value
  }
  const { share_type_id: id } = columns
  const extraSpecs = JSON.parse(specs ?? '{}') as Record<string, string>
  return {
    instance: instance as unknown as InstanceRow,
    share: share as unknown as ShareRow,
    type: id === null || name === null ? null : { id, name, extraSpecs },
  }
}

const joined = prepared((db, instanceId: string) =>
  db
    .selectFrom('share_instances')
    .innerJoin('shares', 'shares.id', 'share_instances.share_id')
    .leftJoin('share_types', 'share_types.id', 'share_instances.share_type_id')
    .selectAll('share_instances')
    .select(shareColumns.map((column) => `shares.${column} as ${prefix}${column}` as const))
    .select('share_types.name as type_name')
    .select((eb) =>
      eb
        .selectFrom('share_type_extra_specs')
        .select((inner) => inner.fn<string | null>('json_object_of', ['spec_key', 'spec_value']).as('specs'))
        .whereRef('share_type_extra_specs.share_type_id', '=', 'share_instances.share_type_id')
        .as('type_specs'),
    )
    .where('share_instances.id', '=', instanceId),
)
