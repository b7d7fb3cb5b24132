/** Names of projects, where the identity service lets us read them; ids stand for themselves otherwise. */
import { queryOptions, useQuery } from '@tanstack/react-query'
import { useConsole, type Console } from '../../api/console.ts'
import { listKey } from '../../api/reads.ts'

interface Named {
  readonly id: string
  readonly name: string
}
const none: ReadonlyMap<string, string> = new Map()

export const projectNamesQuery = ({ client }: Console) =>
  queryOptions({
    queryKey: listKey('identity', 'project names'),
    staleTime: 60_000,
    retry: false,
    meta: { still: true },
    queryFn: async (): Promise<readonly Named[]> => {
      const answer = await client.atIdentity('/projects')
      return (answer?.body as { readonly projects?: readonly Named[] } | undefined)?.projects ?? []
    },
  })

export function useProjects(): readonly Named[] {
  return useQuery(projectNamesQuery(useConsole())).data ?? []
}

export function useProjectNames(): ReadonlyMap<string, string> {
  const { data } = useQuery(projectNamesQuery(useConsole()))
  return data === undefined ? none : new Map(data.map(({ id, name }) => [id, name]))
}
