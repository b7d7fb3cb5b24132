/** Share groups to choose from, for pages of other nouns: what reads them is loaded when somebody asks, and only where the service has groups. */
import { queryOptions, useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { useConsole, type Console } from '../../api/console.ts'
import { listKey } from '../../api/reads.ts'
import type { Choice } from '../../ui/filter-bar.tsx'
import { called } from '../../ui/thing-name.ts'
import { useWords } from '../../words/index.ts'

/** More are found by their own list. */
const most = 200

/** The newest of the project; `chosen` is among them, however old. */
export const groupChoicesQuery = ({ client, capabilities }: Console, chosen?: string | null) =>
  queryOptions({
    queryKey: listKey('share-groups', 'choices', chosen ?? null),
    enabled: capabilities.has('share-groups'),
    queryFn: async () => {
      const { listShareGroupsDetail, showShareGroup } =
        await import('../../../src/wire/share-groups/schema.ts')
      const query = { sort_key: 'created_at', sort_dir: 'desc', limit: most }
      const { share_groups } = await client.call(listShareGroupsDetail, { query })
      const id = chosen ?? null
      if (id === null || share_groups.some((group) => group.id === id)) return share_groups
      return [(await client.call(showShareGroup, { params: { id } })).share_group, ...share_groups]
    },
  })

/** The filter `group` of a list, read when it is opened; null where the service has no groups. */
export function useGroupChoice(chosen: string | undefined): Choice | null {
  const { frame } = useWords()
  const console = useConsole()
  const [isOpened, open] = useState(false)
  const isAsked = isOpened || chosen !== undefined
  const found = useQuery({
    ...groupChoicesQuery(console, chosen),
    enabled: isAsked && console.capabilities.has('share-groups'),
  })
  if (!console.capabilities.has('share-groups')) return null
  // Until their names are known, and where it is gone, it goes by its id.
  const unnamed = chosen === undefined ? [] : [{ value: chosen, label: chosen.slice(0, 8) }]
  return {
    name: 'group',
    label: frame.aGroup,
    options: found.data?.map((group) => ({ value: group.id, label: called(group) })) ?? unnamed,
    opened: () => open(true),
  }
}
