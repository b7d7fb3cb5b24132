/** What the signed-in person may do with what is shown, and why not: asked of the service, or of the state tables where it can't tell. */
import { queryOptions, useQuery } from '@tanstack/react-query'
import { groupSnapshotAllows, shareAllows, shareGroupAllows, snapshotAllows } from '../../src/model/states.ts'
import { mostPermissions, type PermittedResource } from '../../src/model/permissions.ts'
import { listPermissions } from '../../src/wire/permissions/schema.ts'
import { useWords } from '../words/index.ts'
import { useConsole, type Console } from './console.ts'

export interface Verdict {
  readonly allowed: boolean
  /** Why not, in a sentence. */
  readonly why: string | null
  /** `policy`, `state`, `lock`…; null where allowed. */
  readonly code: string | null
}

/** By resource id, by action. */
export type Permissions = Readonly<Record<string, Readonly<Record<string, Verdict>>>>

export const permissionsQuery = (
  { client, capabilities }: Console,
  resource: PermittedResource,
  ids: readonly string[],
) =>
  queryOptions({
    queryKey: ['permissions', 'list', resource, [...ids].sort()] as const,
    enabled: capabilities.has('permissions') && ids.length > 0,
    placeholderData: (before) => before,
    queryFn: async (): Promise<Permissions> => {
      const { permissions } = await client.call(listPermissions, {
        query: { resource, id: ids.slice(0, mostPermissions).join(',') },
      })
      return Object.fromEntries(
        permissions.map(({ id, actions }) => [
          id,
          Object.fromEntries(
            actions.map(({ action, allowed, reason, code }) => [action, { allowed, why: reason, code }]),
          ),
        ]),
      )
    },
  })

const unknown: Verdict = { allowed: true, why: null, code: null }

/**
 * Asks once for all that is shown. What is not known is allowed: the service has the last word, and says why not when it is asked.
 * `hidden` is what the policy refuses: no state ever changes that, so it is not shown at all.
 */
export function usePermissions(
  resource: PermittedResource,
  rows: readonly { readonly id: string; readonly status?: string }[],
): {
  verdict(id: string, action: string): Verdict
  hidden(id: string, action: string): boolean
  /** The service has told; until then, and where it can't, verdicts are those of the state tables. */
  isKnown(id: string): boolean
} {
  const console = useConsole()
  const { service } = useWords()
  const { data } = useQuery(
    permissionsQuery(
      console,
      resource,
      rows.map(({ id }) => id),
    ),
  )
  const verdict = (id: string, action: string): Verdict => {
    const known = data?.[id]?.[action]
    if (known !== undefined)
      return known.why === null ? known : { ...known, why: service.sentence(known.why) }
    const row = rows.find((one) => one.id === id)
    if (row?.status === undefined || isAllowed(resource, action, row.status)) return unknown
    return { allowed: false, why: service.status(row.status), code: 'state' }
  }
  return {
    verdict,
    hidden: (id, action) => verdict(id, action).code === 'policy',
    isKnown: (id) => data?.[id] !== undefined,
  }
}

const tables: Readonly<
  Record<string, Readonly<Record<string, (row: { readonly status: string }) => boolean>>>
> = {
  share: {
    delete: shareAllows.delete,
    extend: shareAllows.extend,
    shrink: shareAllows.shrink,
    revert: shareAllows.revert,
    soft_delete: shareAllows.softDelete,
    snapshot: shareAllows.snapshot,
    unmanage: shareAllows.unmanage,
    allow_access: shareAllows.access,
  },
  snapshot: {
    delete: snapshotAllows.delete,
    allow_access: snapshotAllows.access,
    unmanage: snapshotAllows.unmanage,
  },
  share_group: {
    delete: shareGroupAllows.delete,
    create_snapshot: shareGroupAllows.snapshot,
    create_share: shareGroupAllows.createShare,
  },
  share_group_snapshot: {
    delete: groupSnapshotAllows.delete,
    create_group: groupSnapshotAllows.createGroup,
  },
}

/** By the state tables, which know some actions. */
const isAllowed = (resource: PermittedResource, action: string, status: string): boolean =>
  tables[resource]?.[action]?.({ status }) ?? true
