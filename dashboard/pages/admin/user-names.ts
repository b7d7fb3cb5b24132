/** Names of users, where the identity service lets us read them. */
import { queryOptions, useQuery } from '@tanstack/react-query'
import { useConsole, type Console } from '../../api/console.ts'
import { listKey } from '../../api/reads.ts'

interface Named {
  readonly id: string
  readonly name: string
}

export const userNamesQuery = ({ client }: Console) =>
  queryOptions({
    queryKey: listKey('identity', 'user names'),
    staleTime: 60_000,
    retry: false,
    meta: { still: true },
    queryFn: async (): Promise<readonly Named[]> => {
      const answer = await client.atIdentity('/users')
      return (answer?.body as { readonly users?: readonly Named[] } | undefined)?.users ?? []
    },
  })

export function useUsers(): readonly Named[] {
  return useQuery(userNamesQuery(useConsole())).data ?? []
}
