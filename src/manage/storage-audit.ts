/** `storage audit`: what backends hold and no row knows, and the reverse, as their manila-share found it. */
import { findings, takeAway, type Finding } from '../db/store/storage-findings.ts'
import { isoMicros, systemClock } from '../runtime/clock.ts'
import { columns } from './columns.ts'
import { withStore } from './database.ts'
import { Usage, type Verb } from './verb.ts'

export const storageAudit: Verb = {
  name: 'storage audit',
  summary: 'list what backends hold and no row knows, and what is gone',
  help: `Prints what each manila-share found when it last compared its backend with the database (every ten minutes; it counts when it was
seen twice): an orphan is a share, snapshot or export that no row knows, missing is what a row says is there and is not. Exit 1 when there is any.
With --repair it says which orphans it would have taken away, with --yes as well the manila-share of each backend does that within a minute, by
the driver's own delete and under the lock that operations take; what has a row or an operation by then stays. What is missing is only told:
restore it, or reset or delete the share.`,
  options: [
    { name: 'repair', help: 'have the orphans taken away; without --yes it only says which' },
    { name: 'yes', help: 'delete them: what they hold is lost' },
  ],
  run: ({ options: { repair = false, yes = false }, settings }) => {
    if (yes && !repair) throw new Usage('--yes says nothing without --repair')
    return withStore(settings(), 'current', async (store) => {
      const now = systemClock().now()
      const told = await store.transaction(async (tx) => {
        const found = await findings(tx)
        const fateOf = async (one: Finding): Promise<string> => {
          if (!repair || one.problem !== 'orphan') return ''
          if (!yes) return 'would be taken away'
          return (await takeAway(tx, one, now)) ?? 'will be taken away'
        }
        const all: { finding: Finding; fate: string }[] = []
        for (const finding of found) all.push({ finding, fate: await fateOf(finding) })
        return all
      })
      const table = columns(
        ['BACKEND', 'PROBLEM', 'KIND', 'ID', 'SINCE', 'LAST SEEN', ...(repair ? ['FATE'] : [])],
        told.map(({ finding: f, fate }) => [
          f.backend,
          f.problem,
          f.kind,
          f.resourceId,
          isoMicros(f.firstSeenAt),
          isoMicros(f.lastSeenAt),
          ...(repair ? [fate] : []),
        ]),
      )
      const left = told.filter(({ fate }) => fate !== 'will be taken away').length
      const hint = repair && !yes ? '; nothing was changed, say --yes' : ''
      return {
        code: left > 0 ? 1 : 0,
        data: told.map(({ finding, fate }) => ({ ...finding, ...(repair ? { fate } : {}) })),
        text: `${told.length === 0 ? '' : table}${told.length} found${hint}\n`,
      }
    })
  },
}
