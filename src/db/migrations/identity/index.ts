/** Migrations of the identity tables since they have a ledger of their own; 0001 to 0009 of the other one made those before. */
import type { Migration } from 'kysely/migration'
import * as directoryIds from './0001-directory-ids.ts'
import * as passwordFacts from './0002-password-facts.ts'
import * as treesAndCatalog from './0003-trees-and-catalog.ts'
import * as auditEvents from './0004-audit-events.ts'
import * as dashboardSessions from './0005-dashboard-sessions.ts'

export const identityMigrations: Readonly<Record<string, Migration>> = {
  '0001-directory-ids': directoryIds,
  '0002-password-facts': passwordFacts,
  '0003-trees-and-catalog': treesAndCatalog,
  '0004-audit-events': auditEvents,
  '0005-dashboard-sessions': dashboardSessions,
}
