/** `node test/plans/show.ts postgres`: how a database goes about what clients ask of a large deployment, for people to read. */
import { plansOn } from './plans-of.ts'
import type { Kind } from './plans.ts'

const kinds: readonly Kind[] = ['sqlite', 'postgres', 'mariadb']
for (const kind of kinds.filter((one) => process.argv.length < 3 || process.argv.includes(one)))
  for (const [question, plans] of await plansOn(kind)) {
    console.log(`# ${kind}: ${question}`)
    for (const plan of plans) console.log(`${plan.map((line) => `  ${line}`).join('\n')}\n`)
  }
