/** `capacity recount`: must always print nothing. */
import { correctCapacity, recountCapacity } from '../db/store/capacity-recount.ts'
import { columns } from './columns.ts'
import { withStore } from './database.ts'
import { fixOption } from './quota-recount.ts'
import type { Verb } from './verb.ts'

export const capacityRecount: Verb = {
  name: 'capacity recount',
  summary: 'compare what pools say is placed with their shares',
  help: `Adds up the sizes of the share instances placed on every pool and prints each pool whose total differs. Exit codes as for quota
recount. It does not look at the backends: what they measure is free space, this is what was promised.`,
  options: [fixOption],
  run: ({ options, settings }) =>
    withStore(settings(), 'current', async (store) => {
      const fix = options.fix === true
      const differences = await store.transaction(async (tx) => {
        const found = await recountCapacity(tx)
        if (fix) await correctCapacity(tx, found)
        return found
      })
      const table =
        differences.length === 0
          ? ''
          : columns(
              ['POOL', 'RECORDED GIB', 'COUNTED GIB'],
              differences.map(({ label, recorded, counted }) => [label, recorded, counted]),
            )
      return {
        code: differences.length > 0 && !fix ? 1 : 0,
        data: { differences, fixed: fix && differences.length > 0 },
        text: `${table}${differences.length} differences${fix && differences.length > 0 ? ', corrected' : ''}\n`,
      }
    }),
}
