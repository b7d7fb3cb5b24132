/**
 * Names of what was read, and which of them an event makes old. A key is `[noun, 'list' | 'one', …]`; for `one` the id follows. A list is
 * read again when something of its noun changes in a project that it shows, one thing when it itself does.
 */
import type { ChangeView } from '../../src/sdk/events.ts'

/** Nouns as in the paths of the API, and those that have no path of their own. */
export type Noun =
  | 'shares'
  | 'snapshots'
  | 'share-groups'
  | 'share-group-snapshots'
  | 'share-group-types'
  | 'access-rules'
  | 'locks'
  | 'messages'
  | 'operations'
  | 'permissions'
  | 'usage'
  | 'limits'
  | 'quotas'
  | 'pools'
  | 'services'
  | 'types'
  | 'instances'
  | 'audit'
  | 'overview'
  | 'zones'
  | 'identity'

/** What is shown of other things when one of these changes. */
const touches: Readonly<Record<string, readonly Noun[]>> = {
  share: [
    'shares',
    'access-rules',
    'operations',
    'permissions',
    'limits',
    'quotas',
    'messages',
    'instances',
    'overview',
    'locks',
    'pools',
    'share-groups',
  ],
  snapshot: ['snapshots', 'operations', 'permissions', 'limits', 'quotas', 'messages', 'overview'],
  share_group: ['share-groups', 'operations', 'permissions', 'limits', 'quotas', 'messages', 'overview'],
  share_group_snapshot: [
    'share-group-snapshots',
    'share-groups',
    'operations',
    'permissions',
    'limits',
    'quotas',
    'messages',
    'overview',
  ],
  backend: ['pools', 'services', 'overview'],
  service: ['services', 'pools', 'overview'],
}

/** Nouns whose keys name the thing that they are about. */
const about: readonly Noun[] = [
  'shares',
  'snapshots',
  'share-groups',
  'share-group-snapshots',
  'access-rules',
  'usage',
  'permissions',
]

/** Where things of a type are read: `share_group` → `share-groups`. */
const nounOf = (resourceType: string): string => `${resourceType.replaceAll('_', '-')}s`

/**
 * `isShown` says whether a project is one that is shown under this key. What is no project's is everybody's who is told of it, and a key
 * that names the thing is of the thing, whosever it is.
 */
export function readAgain(
  key: readonly unknown[],
  changes: readonly ChangeView[],
  isShown: (projectId: string) => boolean,
): boolean {
  const [noun, kind, ...rest] = key as readonly [Noun, string, ...unknown[]]
  return changes.some(({ event, resource_type, resource_id, project_id, operation_id }) => {
    if (touches[resource_type]?.includes(noun) !== true) return false
    const isNamed = rest.flat().some((part) => part === resource_id || (part ?? '') === operation_id)
    if (kind !== 'one' || !about.includes(noun) || typeof rest[0] !== 'string')
      return isNamed || project_id === '' || isShown(project_id)
    // What hangs on a thing that is gone can't be asked for any more; the thing itself says that it is gone.
    const isGone = event === `${resource_type}.deleted` && noun !== nounOf(resource_type)
    return rest[0] === resource_id && !isGone
  })
}

/** The same with the status that a change tells, where the thing is among the `rows`; null where there is nothing to change. */
export function withStatus(
  [noun]: readonly unknown[],
  data: unknown,
  { event, resource_type, resource_id, status }: ChangeView,
): unknown {
  if (status === null || noun !== nounOf(resource_type) || event !== `${resource_type}.status`) return null
  const { rows } = (data ?? {}) as {
    readonly rows?: readonly { readonly id?: unknown; readonly status?: unknown }[]
  }
  if (rows?.some((row) => row.id === resource_id && row.status !== status) !== true) return null
  return {
    ...(data as object),
    rows: rows.map((row) => (row.id === resource_id ? { ...row, status } : row)),
  }
}

export const listKey = (noun: Noun, ...rest: readonly unknown[]) => [noun, 'list', ...rest] as const
export const oneKey = (noun: Noun, id: string, ...rest: readonly unknown[]) =>
  [noun, 'one', id, ...rest] as const
