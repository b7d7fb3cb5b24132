/** `db sync` and `db version`. */
import { schemaVersion, type SchemaVersion } from '../db/store/schema-version.ts'
import { withStore } from './database.ts'
import type { Answer, Verb } from './verb.ts'

export const dbSync: Verb = {
  name: 'db sync',
  summary: 'make the tables, or bring them up to date',
  help: `Applies the migrations that the database lacks; every start of the service does the same. There is no way back: copy the
database first.`,
  run: ({ settings }) =>
    withStore(settings(), 'made', async (store) => answer(await schemaVersion(store.db))),
}

export const dbVersion: Verb = {
  name: 'db version',
  summary: 'say which schema the database has',
  help: 'Prints the newest migration that was applied, and those that are missing. Exit 1 when this program and the database do not fit.',
  run: ({ settings }) => withStore(settings(), 'any', async (store) => answer(await schemaVersion(store.db))),
}

function answer(version: SchemaVersion): Answer {
  const { at, pending, unknown } = version
  const lines = [
    `database: ${at ?? 'empty'}`,
    ...(pending.length > 0 ? [`missing: ${pending.join(', ')} (manila-manage db sync)`] : []),
    ...(unknown.length > 0 ? [`of a newer manila: ${unknown.join(', ')}`] : []),
    ...(pending.length + unknown.length === 0 ? ['up to date'] : []),
  ]
  return {
    code: pending.length + unknown.length === 0 ? 0 : 1,
    data: version,
    text: lines.map((line) => `${line}\n`).join(''),
  }
}
