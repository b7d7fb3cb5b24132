/** Domains whose users and groups are changed elsewhere: what can't be done here says so before it is tried. */
import { useQuery } from '@tanstack/react-query'
import { useConsole } from '../../api/console.ts'
import { useWords } from '../../words/index.ts'
import { domainsQuery, type DomainView } from './queries.ts'

export interface Homes {
  /** Those in which users and groups can be made. */
  readonly open: readonly DomainView[]
  /** Why nothing can be changed in a domain; null where it can. */
  readonly whyNot: (domainId: string) => string | null
  /** Why none can be made anywhere; null where they can. */
  readonly whyNone: string | null
}

export function useHomes(): Homes {
  const { identity: w } = useWords()
  return homesOf(useQuery(domainsQuery(useConsole())).data?.rows, w.directory)
}

/** While the domains are not known everything is tried: the service has the last word. */
export function homesOf(domains: readonly DomainView[] | undefined, why: string): Homes {
  const open = (domains ?? []).filter((one) => one.users_read_only !== true)
  const closed = new Set((domains ?? []).filter((one) => one.users_read_only === true).map(({ id }) => id))
  return {
    open,
    whyNot: (id) => (closed.has(id) ? why : null),
    whyNone: domains !== undefined && domains.length > 0 && open.length === 0 ? why : null,
  }
}
