/** What the page of locks reads. */
import { queryOptions } from '@tanstack/react-query'
import type { Static } from 'typebox'
import { listLocks, type ResourceLock } from '../../../src/wire/resource-locks/schema.ts'
import type { Console } from '../../api/console.ts'
import { listKey } from '../../api/reads.ts'

export type LockView = Static<typeof ResourceLock>

export interface LockSearch {
  readonly type?: string
  readonly action?: string
  /** Id of what is locked. */
  readonly on?: string
  /** `1`: of every project, for whoever may. */
  readonly all?: string
}

/** Locks of a project come whole: the API has no place to go on behind one. */
export const mostLocks = 1000

export const locksQuery = ({ client }: Console, { type, action, on, all }: LockSearch) =>
  queryOptions({
    queryKey: listKey('locks', { type, action, on, all }),
    meta: { all: all === '1' },
    enabled: client.minor >= 81,
    queryFn: async () =>
      (
        await client.call(listLocks, {
          query: {
            resource_type: type,
            resource_action: action,
            resource_id: on,
            all_projects: all === '1' ? '1' : undefined,
            limit: mostLocks,
            sort_key: 'created_at',
            sort_dir: 'desc',
          },
        })
      ).resource_locks,
  })
