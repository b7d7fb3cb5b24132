import { migrate, openStore } from '../db/open.ts'
import { relayLaws } from './test-laws.ts'

relayLaws('SQLite', async () => {
  const store = await openStore('sqlite::memory:')
  await migrate(store)
  return store
})
