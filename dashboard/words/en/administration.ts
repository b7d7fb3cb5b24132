/** What only the pages of administration say. */
import { admin } from './admin.ts'
import { audit } from './audit.ts'
import { instances } from './instances.ts'
import { pools } from './pools.ts'
import { quotas } from './quotas.ts'
import { services } from './services.ts'
import { types } from './types.ts'
import { whyNot } from './why-not.ts'

export const administration = { admin, audit, instances, pools, quotas, services, types, whyNot }
