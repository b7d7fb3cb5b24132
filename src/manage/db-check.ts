/** `db check`: what a start, a list or a count would stumble over. */
import { checkSchema } from '../db/store/schema-check.ts'
import { recountCapacity } from '../db/store/capacity-recount.ts'
import { recountQuota } from '../db/store/quota-recount.ts'
import { withStore } from './database.ts'
import type { Verb } from './verb.ts'

export const dbCheck: Verb = {
  name: 'db check',
  summary: 'look for a schema that is behind, ahead or damaged, wrong settings, and counts that differ',
  help: `Compares tables, columns and indexes with what this program makes, reads the settings of the server that it relies on (encoding,
collation), and counts quota and capacity again. Changes nothing. Exit 1 when anything was found.`,
  run: ({ settings }) =>
    withStore(settings(), 'any', async (store) => {
      const schema = await checkSchema(store)
      const problems = schema.length > 0 ? schema : await countsOf(store)
      return {
        code: problems.length === 0 ? 0 : 1,
        data: { problems },
        text:
          problems.length === 0 ? 'nothing is wrong\n' : problems.map((problem) => `${problem}\n`).join(''),
      }
    }),
}

/** Only with a schema that is right can anything be counted. */
async function countsOf(store: Parameters<Parameters<typeof withStore>[2]>[0]): Promise<string[]> {
  const quota = await store.transaction((tx) => recountQuota(tx, {}))
  const capacity = await recountCapacity(store.db)
  return [
    ...(quota.length === 0 ? [] : [`${quota.length} quota totals differ: see manila-manage quota recount`]),
    ...(capacity.length === 0 ? [] : [`${capacity.length} pools differ: see manila-manage capacity recount`]),
  ]
}
