/** What only the pages of administration say. */
import { admin } from './admin.ts'
import { pools } from './pools.ts'
import { services } from './services.ts'
import { types } from './types.ts'

export const administration = { admin, pools, services, types }
