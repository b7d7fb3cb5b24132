/** `storage audit`: what backends hold and no row knows, and the reverse, as their manila-share found it. */
import { orphansLeft } from '../db/store/orphans.ts'
import { findings, takeAway, type Finding } from '../db/store/storage-findings.ts'
import { isoMicros, systemClock } from '../runtime/clock.ts'
import { columns } from './columns.ts'
import { withStore } from './database.ts'
import { Usage, type Verb } from './verb.ts'

/** Listed at most of what is still to be taken away. */
const mostLeaving = 1000

export const storageAudit: Verb = {
  name: 'storage audit',
  summary: 'list what backends hold and no row knows, and what is gone',
  help: `Prints what each manila-share found when it last compared its backend with the database (every ten minutes; it counts when it was
seen twice): an orphan is a share, snapshot or export that no row knows, or the remains of one (half made, half deleted, mounted or noted); missing
is what a row says is there and is not. Exit 1 when there is any. What is already to be taken away is listed below, with what keeps it.
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
      const { told, leaving } = await store.transaction(async (tx) => {
        const found = await findings(tx)
        const leaving = await orphansLeft(tx, mostLeaving)
        const fateOf = async (one: Finding): Promise<string> => {
          if (!repair || one.problem !== 'orphan') return ''
          if (!yes) return 'would be taken away'
          return (await takeAway(tx, one, now)) ?? 'will be taken away'
        }
        const all: { finding: Finding; fate: string }[] = []
        for (const finding of found) all.push({ finding, fate: await fateOf(finding) })
        return { told: all, leaving }
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
      const onTheirWay = columns(
        ['BACKEND', 'KIND', 'ID', 'ASKED', 'WHY'],
        leaving.map((o) => [o.backend, o.kind, o.resource_id, isoMicros(o.created_at), o.reason]),
      )
      const hint = repair && !yes ? '; nothing was changed, say --yes' : ''
      return {
        code: left > 0 ? 1 : 0,
        data: [
          ...told.map(({ finding, fate }) => ({ ...finding, ...(repair ? { fate } : {}) })),
          ...leaving.map((o) => ({
            backend: o.backend,
            kind: o.kind,
            problem: 'leaving',
            resourceId: o.resource_id,
            askedAt: o.created_at,
            why: o.reason,
          })),
        ],
        text: [
          `${told.length === 0 ? '' : table}${told.length} found${hint}\n`,
          ...(leaving.length === 0 ? [] : [`\n${onTheirWay}${leaving.length} still to be taken away\n`]),
        ].join(''),
      }
    })
  },
}
