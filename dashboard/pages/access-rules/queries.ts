/** What the pages of access rules read. */
import { queryOptions } from '@tanstack/react-query'
import type { Static } from 'typebox'
import { listAccessAction, listAccessRules, type AccessRule } from '../../../src/wire/access-rules/schema.ts'
import { showCaller } from '../../../src/wire/capabilities/schema.ts'
import { listMessages } from '../../../src/wire/messages/schema.ts'
import { listLocks, type ResourceLock } from '../../../src/wire/resource-locks/schema.ts'
import type { Console } from '../../api/console.ts'
import { listKey, oneKey } from '../../api/reads.ts'

export type RuleView = Static<typeof AccessRule>
export type LockView = Static<typeof ResourceLock>

export const rulesQuery = ({ client }: Console, shareId: string) =>
  queryOptions({
    queryKey: oneKey('access-rules', shareId),
    queryFn: async (): Promise<readonly RuleView[]> =>
      client.minor < 45
        ? (await client.call(listAccessAction, { params: { id: shareId }, body: null })).access_list
        : (await client.call(listAccessRules, { query: { share_id: shareId } })).access_list,
  })

/** Locks on rules, by the rule. None before 2.82. */
export const ruleLocksQuery = ({ client }: Console, shareId: string) =>
  queryOptions({
    queryKey: listKey('locks', 'of-rules', shareId),
    enabled: client.minor >= 82,
    queryFn: async (): Promise<Readonly<Record<string, readonly LockView[]>>> => {
      const { resource_locks } = await client.call(listLocks, {
        query: { resource_type: 'access_rule', limit: 1000 },
      })
      return Object.groupBy(resource_locks, ({ resource_id }) => resource_id) as never
    },
  })

/** Why rules of a share failed: messages name the share, not the rule. */
export const ruleMessagesQuery = ({ client }: Console, shareId: string, isWanted: boolean) =>
  queryOptions({
    queryKey: listKey('messages', 'of-rules', shareId),
    enabled: isWanted && client.minor >= 37,
    queryFn: async () =>
      (await client.call(listMessages, { query: { resource_id: shareId, limit: 100 } })).messages.filter(
        ({ action_id }) => action_id === '003' || action_id === '010',
      ),
  })

/** The address that this browser is seen with; null where the service can't tell. */
export const ownAddressQuery = ({ client, capabilities }: Console) =>
  queryOptions({
    queryKey: listKey('identity', 'own-address'),
    staleTime: 60_000,
    meta: { still: true },
    enabled: capabilities.has('whoami'),
    queryFn: async () => (await client.call(showCaller)).address,
  })
