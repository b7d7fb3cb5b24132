/** `quota recount`: must always print nothing. */
import { defaultDomainId } from '../auth/bootstrap.ts'
import type { Store } from '../db/open.ts'
import { findProject } from '../db/store/identity.ts'
import { correctQuota, recountQuota, type QuotaDifference } from '../db/store/quota-recount.ts'
import { columns } from './columns.ts'
import { withStore } from './database.ts'
import { Problem, type Verb } from './verb.ts'

export const fixOption = { name: 'fix', help: 'write the counted values' } as const

export const quotaRecount: Verb = {
  name: 'quota recount',
  summary: 'compare quota usage with what the rows cost',
  help: `Counts what every share and snapshot costs by the rules that charged them and prints each total that differs. There should be
none, whatever was killed when: a difference is a fault of the service, please report it. Exit 1 when there are differences
and they were left; with --fix they are corrected and the exit is 0.`,
  options: [{ name: 'project', value: 'P', help: 'only this project: id or name' }, fixOption],
  run: ({ options, settings }) =>
    withStore(settings(), 'current', async (store) => {
      const projectId = options.project === undefined ? undefined : await projectOf(store, options.project)
      const fix = options.fix === true
      const differences = await store.transaction(async (tx) => {
        const found = await recountQuota(tx, projectId === undefined ? {} : { projectId })
        if (fix) await correctQuota(tx, found)
        return found
      })
      return {
        code: differences.length > 0 && !fix ? 1 : 0,
        data: { differences, fixed: fix && differences.length > 0 },
        text: `${table(differences)}${differences.length} differences${fix && differences.length > 0 ? ', corrected' : ''}\n`,
      }
    }),
}

function table(differences: readonly QuotaDifference[]): string {
  if (differences.length === 0) return ''
  return columns(
    ['PROJECT', 'SCOPE', 'OF', 'RESOURCE', 'RECORDED', 'COUNTED'],
    differences.map((one) => [
      one.projectId,
      one.scope,
      one.scopeId === '' ? '-' : one.scopeId,
      one.resource,
      one.recorded,
      one.counted,
    ]),
  )
}

/** A project that was deleted may still have shares: what looks like an id is taken for one. */
async function projectOf({ db }: Store, ref: string): Promise<string> {
  const found =
    (await findProject(db, { id: ref })) ?? (await findProject(db, { name: ref, domainId: defaultDomainId }))
  if (found !== null) return found.id
  if (/^[0-9a-f]{32}$/.test(ref)) return ref
  throw new Problem(`there is no project ${ref}`)
}
