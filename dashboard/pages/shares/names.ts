/** What things are called, for lists of what happened to them: an id says nothing to a person. */
import { queryOptions, useQuery } from '@tanstack/react-query'
import { listShares } from '../../../src/wire/shares/schema.ts'
import { listSnapshots } from '../../../src/wire/snapshots/schema.ts'
import { useConsole, type Console } from '../../api/console.ts'
import { listKey } from '../../api/reads.ts'

/** Newest ones whose names are read; older ones go by their id. */
const most = 1000
const query = { limit: most }

interface Named {
  readonly id: string
  readonly name: string | null
}

/** Nouns with a page of each thing, by the address of that. */
export type PagedNoun = 'shares' | 'snapshots' | 'groups' | 'group-snapshots'

const nouns = {
  shares: 'shares',
  snapshots: 'snapshots',
  groups: 'share-groups',
  'group-snapshots': 'share-group-snapshots',
} as const

async function list(noun: PagedNoun, { client }: Console): Promise<readonly Named[]> {
  switch (noun) {
    case 'shares':
      return (await client.call(listShares, { query })).shares
    case 'snapshots':
      return (await client.call(listSnapshots, { query })).snapshots
    // What reads these is loaded where there are any.
    case 'groups': {
      const { listShareGroups } = await import('../../../src/wire/share-groups/schema.ts')
      return (await client.call(listShareGroups, { query })).share_groups
    }
    case 'group-snapshots': {
      const { listShareGroupSnapshots } = await import('../../../src/wire/share-group-snapshots/schema.ts')
      return (await client.call(listShareGroupSnapshots, { query })).share_group_snapshots
    }
  }
}

export const namesQuery = (console: Console, noun: PagedNoun) =>
  queryOptions({
    queryKey: listKey(nouns[noun], 'names'),
    queryFn: async (): Promise<ReadonlyMap<string, string>> =>
      new Map(
        (await list(noun, console)).flatMap(({ id, name }) =>
          name === null || name.trim() === '' ? [] : [[id, name]],
        ),
      ),
  })

/** Undefined for what is gone, another project's, or has no name. */
export function useNameOf(noun: PagedNoun | null, id: string): string | undefined {
  const names = useQuery({ ...namesQuery(useConsole(), noun ?? 'shares'), enabled: noun !== null })
  return noun === null ? undefined : names.data?.get(id)
}
