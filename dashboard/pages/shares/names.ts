/** What shares and snapshots are called, for lists of what happened to them: an id says nothing to a person. */
import { queryOptions, useQuery } from '@tanstack/react-query'
import { listShares } from '../../../src/wire/shares/schema.ts'
import { listSnapshots } from '../../../src/wire/snapshots/schema.ts'
import { useConsole, type Console } from '../../api/console.ts'
import { listKey } from '../../api/reads.ts'

/** Newest ones whose names are read; older ones go by their id. */
const most = 1000

interface Named {
  readonly id: string
  readonly name: string | null
}

const named = (things: readonly Named[]): ReadonlyMap<string, string> =>
  new Map(things.flatMap(({ id, name }) => (name === null || name.trim() === '' ? [] : [[id, name]])))

export const shareNamesQuery = ({ client }: Console) =>
  queryOptions({
    queryKey: listKey('shares', 'names'),
    queryFn: async () => named((await client.call(listShares, { query: { limit: most } })).shares),
  })

export const snapshotNamesQuery = ({ client }: Console) =>
  queryOptions({
    queryKey: listKey('snapshots', 'names'),
    queryFn: async () => named((await client.call(listSnapshots, { query: { limit: most } })).snapshots),
  })

/** Undefined for what is gone, another project's, or has no name. */
export function useNameOf(type: 'share' | 'snapshot' | null, id: string): string | undefined {
  const console = useConsole()
  const shares = useQuery({ ...shareNamesQuery(console), enabled: type === 'share' })
  const snapshots = useQuery({ ...snapshotNamesQuery(console), enabled: type === 'snapshot' })
  return type === null ? undefined : (type === 'share' ? shares : snapshots).data?.get(id)
}
