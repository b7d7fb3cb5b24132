/** Share types by what they are called, for whoever only has their ids. */
import { useQuery } from '@tanstack/react-query'
import { useConsole } from '../../api/console.ts'
import { allTypesQuery } from './queries.ts'

/** Administrators know the private ones, too; a type that is not known goes by its id. */
export function useTypeNames(): (ids: readonly string[]) => string {
  const types = useQuery(allTypesQuery(useConsole())).data
  return (ids) => ids.map((id) => types?.find((type) => type.id === id)?.name ?? id.slice(0, 8)).join(', ')
}
