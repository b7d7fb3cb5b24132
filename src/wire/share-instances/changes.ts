/** History of the share instance on the wire, newest first. */
import { change, fields, rule, without, type Change, type JsonObject } from '../changes.ts'

const rulesStatusName = (view: JsonObject): JsonObject =>
  view.access_rules_status === 'syncing' ? { ...view, access_rules_status: 'out_of_sync' } : view

const hideAsyncClone = (view: JsonObject): JsonObject =>
  view.status === 'creating_from_snapshot' ? { ...view, status: 'creating' } : view

function withPaths(view: JsonObject): JsonObject {
  const paths = (view.__paths as readonly string[] | undefined) ?? []
  return {
    ...without(view, ['__paths']),
    export_location: paths[0] ?? null,
    export_locations: paths,
  }
}

export const shareInstanceChanges: readonly Change[] = [
  fields(71, 'updated_at'),
  rule(69, 'recycleBin', 'lists can show instances of shares in the recycle bin'),
  fields(54, 'progress'),
  change(54, 'shows creating_from_snapshot', { lower: hideAsyncClone }),
  rule(35, 'filterByExportLocation', 'lists can be filtered by export location'),
  fields(30, 'cast_rules_to_readonly'),
  change(28, 'names the rules status syncing', { lower: rulesStatusName }),
  fields(22, 'share_type_id'),
  fields(11, 'replica_state'),
  fields(10, 'access_rules_status'),
  change(9, 'moves export locations to a resource of their own', { lower: withPaths }),
]
