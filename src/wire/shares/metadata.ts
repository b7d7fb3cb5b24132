/** Metadata of shares, at every microversion. */
import { metadataEndpoints } from '../metadata/schema.ts'

export const shareMetadata = metadataEndpoints({
  noun: 'Share',
  path: '/shares/:id',
  policies: {
    get: 'share:get_share_metadata',
    update: 'share:update_share_metadata',
    delete: 'share:delete_share_metadata',
  },
})
