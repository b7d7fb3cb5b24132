/** Whether the database is there, before anything waits for it: a service waits as long as it takes, and says so only in its log. */
import type { Settings } from '../../src/config/schema.ts'
import { openConfiguredStore } from '../../src/db/open.ts'
import { schemaVersion } from '../../src/db/store/schema-version.ts'

/** Throws a sentence, which ends in `advice`, when it can't be read: within the few seconds a connection may take. */
export async function checkDatabase(settings: Settings, advice: string): Promise<void> {
  const { acquire_timeout_s: configured } = settings.database
  const store = await openConfiguredStore({
    ...settings.database,
    acquire_timeout_s: Math.min(5, configured),
  })
  try {
    await schemaVersion(store.db)
  } catch (error) {
    // The URL holds a password; what the system says of it does not.
    throw new Error(`the database ([database] url) can't be read: ${reasonOf(error)}. ${advice}`, {
      cause: error,
    })
  } finally {
    await store.close()
  }
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  const inner = error.cause === undefined ? '' : reasonOf(error.cause)
  return inner === '' || error.message.includes(inner) ? error.message : `${error.message}: ${inner}`
}
