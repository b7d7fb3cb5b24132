/**
 * `npm run test:attack`: every attack, a line each, and `N attacks, 0 through`; ends 1 when one is through. Words after it
 * choose the groups whose names contain one of them; `--planted` runs those where a hole is, which must be found, `--pending` what
 * is known and not mended yet.
 */
import { ensureInstalled } from '../../tools/programs/packages.ts'
import { testNeeds } from '../programs.ts'
import { countOf, runAttacks } from './run.ts'

const say = (line: string): void => void process.stdout.write(`${line}\n`)
const words = process.argv.slice(2).filter((word) => !word.startsWith('--'))

const installed = await ensureInstalled(testNeeds, { forbid: false, say })
if (!installed.ok) say(`parts are missing: ${installed.why}`)
// Looks at what is installed while it is loaded.
const { groups, pending, planted } = await import('./groups.ts')
const asked = (word: string): boolean => process.argv.includes(word)
const all = asked('--planted') ? planted : asked('--pending') ? pending : groups
const chosen = all.filter(({ name }) => words.length === 0 || words.some((word) => name.includes(word)))
const tally = await runAttacks(chosen, say)
say(countOf(tally))
process.exitCode = tally.through > 0 || tally.attacks === 0 ? 1 : 0
