/** Metadata of shares over HTTP. */
import { shareMetadataOwner } from '../../app/shares/metadata.ts'
import { shareMetadata } from '../../wire/shares/metadata.ts'
import { metadataRoutes } from '../metadata/routes.ts'
import type { Route } from '../route.ts'

export const shareMetadataRoutes: readonly Route[] = metadataRoutes(shareMetadata, (ctx, params, intent) =>
  shareMetadataOwner(ctx, params.id ?? '', intent),
)
