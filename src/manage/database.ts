/** Opens the service's database for one verb, or says in a sentence why that can't be. */
import { existsSync, mkdirSync } from 'node:fs'
import type { IdentityFace } from '../auth/identity-face.ts'
import { openAuthentication } from '../auth/open.ts'
import type { Settings } from '../config/schema.ts'
import { migrate, openConfiguredStore, type Store } from '../db/open.ts'
import { ping } from '../db/store/health.ts'
import { schemaVersion } from '../db/store/schema-version.ts'
import { systemClock } from '../runtime/clock.ts'
import { Problem, Unusable } from './verb.ts'

/**
 * What the verb needs: `made` makes the database and brings its schema up to date; `current` refuses one that isn't;
 * `any` takes whatever schema there is.
 */
export type Need = 'made' | 'current' | 'any'

/** Runs `work` on the open database and closes it. Throws {@link Unusable} when a running service has it. */
export async function withStore<T>(
  settings: Settings,
  need: Need,
  work: (store: Store) => Promise<T>,
): Promise<T> {
  if (need === 'made') mkdirSync(settings.state_dir, { recursive: true, mode: 0o700 })
  else refuseAbsent(settings.database.url)
  const store = await openConfiguredStore(settings.database).catch((error: unknown) => {
    throw new Unusable(messageOf(error), { cause: error })
  })
  try {
    await reach(store, settings.database.url)
    if (need === 'made') await migrate(store)
    if (need === 'current') await refuseOld(store)
    return await work(store)
  } finally {
    await store.close()
  }
}

/** The same, with the accounts in it. */
export function withAuth<T>(
  settings: Settings,
  need: Need,
  work: (auth: IdentityFace, store: Store) => Promise<T>,
): Promise<T> {
  return withStore(settings, need, async (store) => {
    const { face } = await openAuthentication(settings, { store, clock: systemClock() })
    if (face === null) throw new Unusable('accounts are administered elsewhere: [auth] backend')
    return work(face, store)
  })
}

/** Opening a file that is not there would make an empty one. */
function refuseAbsent(url: string): void {
  const path = /^sqlite:(\/.+)$/.exec(url)?.[1]
  if (path === undefined || existsSync(path)) return
  throw new Unusable(
    `there is no database ${path}: is this the configuration of the service? (manila-manage db sync makes one)`,
  )
}

async function reach(store: Store, url: string): Promise<void> {
  try {
    await ping(store.db)
  } catch (error) {
    const message = messageOf(error)
    // A lock that is still held after the wait belongs to a service: it keeps its own for as long as it runs.
    const taken = store.dialect.singleProcess && store.dialect.isConflict(error)
    throw new Unusable(
      taken
        ? `${url.replace(/^sqlite:/, '')} is in use by another process. One process serves a SQLite file: stop the other one, or use PostgreSQL or MariaDB for several.`
        : message,
      { cause: error },
    )
  }
}

async function refuseOld(store: Store): Promise<void> {
  const { pending, unknown } = await schemaVersion(store.db)
  if (unknown.length > 0) {
    throw new Problem(
      `the database was used by a newer manila (it has ${unknown.join(', ')}): use that one's manila-manage`,
    )
  }
  if (pending.length > 0) {
    throw new Problem(
      `the database lacks ${pending.join(', ')}: run manila-manage db sync, or start the service`,
    )
  }
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))
