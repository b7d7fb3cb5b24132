/**
 * Where the rows and the messages of a test's deployment are: a SQLite file in its directory and no broker, or what
 * `MANILA_TEST_DATABASE_URL` and `MANILA_TEST_BUS` name: a database and a virtual host of its own. The same directory means the
 * same place, so a deployment outlives its processes.
 */
import { createHash } from 'node:crypto'
import { join } from 'node:path'
import { migrate, openStore } from '../../src/db/open.ts'
import { openRows } from './rows.ts'
import { freshVhost } from './shared-broker.ts'

export interface Place {
  /** As in the service's configuration. */
  readonly database: string
  /** Null: messages stay in the process. */
  readonly bus: string | null
}

const places = new Map<string, Promise<Place>>()

/** `dir` is the state directory of the deployment. */
export function placeOf(dir: string): Promise<Place> {
  let place = places.get(dir)
  if (place === undefined) places.set(dir, (place = make(dir)))
  return place
}

async function make(dir: string): Promise<Place> {
  const server = process.env.MANILA_TEST_DATABASE_URL ?? ''
  const bus = process.env.MANILA_TEST_BUS === 'rabbitmq' ? await freshVhost() : null
  if (server === '') return { database: `sqlite:${join(dir, 'manila.db')}`, bus }
  const name = `w_${createHash('sha256').update(`${dir} ${process.pid}`).digest('hex').slice(0, 16)}`
  await using admin = await openRows(server)
  await admin.run(`create database ${name}`)
  const url = new URL(server)
  url.pathname = `/${name}`
  const store = await openStore(url.href)
  await migrate(store)
  await store.close()
  return { database: url.href, bus }
}

/** Of what needs a server wherever the rest of the suite is: the one that `MANILA_TEST_DATABASE` names, else PostgreSQL. */
export const serverOfRun = (): 'postgres' | 'mariadb' =>
  process.env.MANILA_TEST_DATABASE === 'mariadb' ? 'mariadb' : 'postgres'
