/** Export locations over HTTP. */
import { type Ctx, isAdmin } from '../../app/context.ts'
import {
  listLocations,
  listOfInstance,
  showLocation,
  showOfInstance,
} from '../../app/export-locations/find.ts'
import { locationMetadata } from '../../app/export-locations/metadata.ts'
import type { LocationRow } from '../../db/store/share-locations.ts'
import { isoMicros } from '../../runtime/clock.ts'
import { lower, without, type JsonObject } from '../../wire/changes.ts'
import { exportLocationChanges } from '../../wire/export-locations/changes.ts'
import * as wire from '../../wire/export-locations/schema.ts'
import { metadataRoutes } from '../metadata/routes.ts'
import { route, type Route } from '../route.ts'

const options = { changes: exportLocationChanges }

function locationView(ctx: Ctx, row: LocationRow): JsonObject {
  return lower(exportLocationChanges, ctx.minor, {
    id: row.id,
    path: row.path,
    preferred: row.preferred === 1,
    metadata: without(row.metadata, ['preferred']),
    ...(isAdmin(ctx)
      ? { share_instance_id: row.share_instance_id, is_admin_only: row.is_admin_only === 1 }
      : {}),
  })
}

/** One location also shows its times. */
function oneLocation(ctx: Ctx, row: LocationRow): JsonObject {
  return {
    export_location: {
      ...locationView(ctx, row),
      created_at: isoMicros(row.created_at),
      updated_at: row.updated_at === null ? null : isoMicros(row.updated_at),
    },
  }
}

export const exportLocationRoutes: readonly Route[] = [
  route(wire.listExportLocations, options, async (ctx, { params }) => ({
    export_locations: (await listLocations(ctx, params.id ?? '')).map((row) => locationView(ctx, row)),
  })),
  route(wire.showExportLocation, options, async (ctx, { params }) =>
    oneLocation(ctx, await showLocation(ctx, params.id ?? '', params.location_id ?? '')),
  ),
  route(wire.listInstanceExportLocations, options, async (ctx, { params }) => ({
    export_locations: (await listOfInstance(ctx, params.id ?? '')).map((row) => locationView(ctx, row)),
  })),
  route(wire.showInstanceExportLocation, options, async (ctx, { params }) =>
    oneLocation(ctx, await showOfInstance(ctx, params.id ?? '', params.location_id ?? '')),
  ),
  ...metadataRoutes(wire.exportLocationMetadata, (ctx, params, intent) =>
    locationMetadata(ctx, params.id ?? '', params.location_id ?? '', intent),
  ),
]
