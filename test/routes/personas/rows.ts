/** The whole table; see `row.ts` for how a line is added. */
import type { Row } from './row.ts'
import { identityRows } from './rows-identity.ts'
import { groupRows } from './rows-groups.ts'
import { rootRows, serviceRows } from './rows-service.ts'
import { shareRows } from './rows-shares.ts'

export const rows: readonly Row[] = [...shareRows, ...groupRows, ...serviceRows, ...rootRows, ...identityRows]
