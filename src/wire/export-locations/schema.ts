/** Export locations of shares and of share instances, since 2.9. */
import Type from 'typebox'
import { endpoint } from '../endpoint.ts'
import { metadataEndpoints } from '../metadata/schema.ts'
import { Nullable, Optional, Time } from '../types.ts'

const listed = {
  id: Type.String(),
  path: Type.String(),
  preferred: Optional(Type.Boolean()),
  metadata: Optional(Type.Record(Type.String(), Type.String())),
  share_instance_id: Optional(Type.String()),
  is_admin_only: Optional(Type.Boolean()),
}
const many = Type.Object({ export_locations: Type.Array(Type.Object(listed)) })
const one = Type.Object({
  export_location: Type.Object({ ...listed, created_at: Time, updated_at: Nullable(Time) }),
})

export const listExportLocations = endpoint({
  id: 'listExportLocations',
  method: 'GET',
  path: '/shares/:id/export_locations',
  since: 9,
  policy: 'share_export_location:index',
  status: 200,
  reply: many,
  summary: 'Lists where a share can be mounted from.',
})
export const showExportLocation = endpoint({
  id: 'showExportLocation',
  method: 'GET',
  path: '/shares/:id/export_locations/:location_id',
  since: 9,
  policy: 'share_export_location:show',
  status: 200,
  reply: one,
  summary: 'Shows one export location of a share.',
})
export const listInstanceExportLocations = endpoint({
  id: 'listInstanceExportLocations',
  method: 'GET',
  path: '/share_instances/:id/export_locations',
  since: 9,
  policy: 'share_instance_export_location:index',
  status: 200,
  reply: many,
  summary: 'Lists where a share instance can be mounted from.',
})
export const showInstanceExportLocation = endpoint({
  id: 'showInstanceExportLocation',
  method: 'GET',
  path: '/share_instances/:id/export_locations/:location_id',
  since: 9,
  policy: 'share_instance_export_location:show',
  status: 200,
  reply: one,
  summary: 'Shows one export location of a share instance.',
})
export const exportLocationMetadata = metadataEndpoints({
  noun: 'ExportLocation',
  path: '/shares/:id/export_locations/:location_id',
  since: 87,
  policies: {
    get: 'share_export_location:get_metadata',
    update: 'share_export_location:update_metadata',
    delete: 'share_export_location:delete_metadata',
  },
})
