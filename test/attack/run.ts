/** Runs attacks and prints a line for each: `held`, `THROUGH`, or `open` for what the guide says is left open. */
import type { Group, Outcome, ReadyAttack } from './attack.ts'

export interface Tally {
  readonly attacks: number
  readonly through: number
  readonly leftOpen: number
}

const word = ({ through, leftOpen }: Outcome): string =>
  through ? 'THROUGH' : leftOpen === true ? 'open   ' : 'held   '

/** One attack as people read it. */
export const lineOf = ({ name, tries }: ReadyAttack, outcome: Outcome): string =>
  `${word(outcome)} ${name}: ${tries}: ${outcome.tried} → ${outcome.cameBack}`

/** The last line. */
export const countOf = ({ attacks, through, leftOpen }: Tally): string =>
  `${attacks} attacks, ${through} through${leftOpen === 0 ? '' : `, ${leftOpen} left open (docs/guide/security.md)`}`

/**
 * Runs the groups one after the other. An attack that could not be made counts as through: what was not tried is not known to
 * hold.
 */
export async function runAttacks(groups: readonly Group[], say: (line: string) => void): Promise<Tally> {
  const tally = { attacks: 0, through: 0, leftOpen: 0 }
  for (const group of groups) {
    if (group.cannotRun !== null) {
      say(`not run ${group.name}: ${group.cannotRun}`)
      continue
    }
    try {
      for (const attack of group.attacks) {
        const outcome = await attack.run().catch((error: unknown): Outcome => ({
          through: true,
          tried: 'could not be made',
          cameBack: error instanceof Error ? (error.stack ?? error.message) : String(error),
        }))
        say(lineOf(attack, outcome))
        tally.attacks++
        if (outcome.through) tally.through++
        else if (outcome.leftOpen === true) tally.leftOpen++
      }
    } finally {
      await group.close()
    }
  }
  return tally
}
