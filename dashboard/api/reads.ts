/**
 * Names of what was read, and which of them an event makes old. A key is `[noun, 'list' | 'one', …]`; for `one` the id follows. A list is
 * read again when something of its noun changes, one thing when it itself does.
 */
import type { ChangeView } from '../../src/sdk/events.ts'

/** Nouns as in the paths of the API, and those that have no path of their own. */
export type Noun =
  | 'shares'
  | 'snapshots'
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
  ],
  snapshot: ['snapshots', 'operations', 'permissions', 'limits', 'quotas', 'messages', 'overview'],
  backend: ['pools', 'services', 'overview'],
  service: ['services', 'overview'],
}

/** Nouns whose keys name the share or snapshot that they are about. */
const about: readonly Noun[] = ['shares', 'snapshots', 'access-rules', 'usage', 'permissions']

export function readAgain(key: readonly unknown[], changes: readonly ChangeView[]): boolean {
  const [noun, how, id] = key as readonly [Noun, string, unknown]
  return changes.some(({ event, resource_type, resource_id }) => {
    if (touches[resource_type]?.includes(noun) !== true) return false
    if (how !== 'one' || !about.includes(noun) || typeof id !== 'string') return true
    // What hangs on a thing that is gone can't be asked for any more; the thing itself says that it is gone.
    const isGone = event === `${resource_type}.deleted` && noun !== `${resource_type}s`
    return id === resource_id && !isGone
  })
}

export const listKey = (noun: Noun, ...rest: readonly unknown[]) => [noun, 'list', ...rest] as const
export const oneKey = (noun: Noun, id: string, ...rest: readonly unknown[]) =>
  [noun, 'one', id, ...rest] as const
