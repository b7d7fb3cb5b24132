/** Private servers of one machine: what one does is nothing to another. */
import { readdirSync } from 'node:fs'
import { createConnection } from 'mysql2/promise'
import { expect, test } from 'vitest'
import { hasMariadb, startMariadb } from './mariadb.ts'

test.runIf(hasMariadb())(
  'a MariaDB server that starts leaves the temporary tables of its neighbour',
  async () => {
    const first = await startMariadb()
    const client = await createConnection(first.url('mysql').replace('mariadb:', 'mysql:'))
    try {
      await client.query('create temporary table mysql.kept (n int) engine = aria')
      await client.query('insert into mysql.kept values (1)')
      const folder = await client.query('select @@tmpdir as tmpdir')
      const { tmpdir } = (folder[0] as { tmpdir: string }[])[0]!
      const tables = () => readdirSync(tmpdir).filter((name) => name.startsWith('#sql'))
      const before = tables()
      expect(before).not.toEqual([])
      const second = await startMariadb()
      await second.remove()
      expect(tables()).toEqual(before)
    } finally {
      await client.end()
      await first.remove()
    }
  },
)
