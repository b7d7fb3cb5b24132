/** The same laws on real servers: their transactions really overlap, and their duplicates and big integers are their own. */
import { afterAll, beforeAll, describe } from 'vitest'
import { migrate, openStore, type Store } from '../db/open.ts'
import type { DatabaseServer } from '../parts/database-server.ts'
import { hasMariadb, startMariadb } from '../parts/mariadb.ts'
import { hasPostgres, startPostgres } from '../parts/postgres.ts'
import { relayLaws } from './test-laws.ts'

const written = ['events', 'notifications_sent', 'notification_cursors', 'lanes', 'periodic_jobs'] as const

function on(name: string, there: boolean, database: string, begin: () => Promise<DatabaseServer>): void {
  describe.skipIf(!there)(name, () => {
    let server: DatabaseServer
    const open = async (): Promise<Store> => {
      const store = await openStore(server.url(database))
      for (const table of written) await store.db.deleteFrom(table).execute()
      return store
    }
    beforeAll(async () => {
      server = await begin()
      const store = await openStore(server.url(database))
      await migrate(store)
      await store.close()
    })
    afterAll(() => server.remove())
    relayLaws('a server', open)
  })
}

on('PostgreSQL (postgresql)', hasPostgres(), 'postgres', startPostgres)
on('MariaDB (mariadb-server)', hasMariadb(), 'mysql', startMariadb)
