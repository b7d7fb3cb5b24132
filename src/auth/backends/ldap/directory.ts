/** What users and groups are found through: one directory of one domain, its searches, and the rows of its ids. */
import { ResultCodeError, type Entry, type Filter } from 'ldapts'
import type { Store } from '../../../db/open.ts'
import { fault } from '../../../model/errors.ts'
import type { Clock } from '../../../runtime/clock.ts'
import type { Search } from './connection.ts'
import type { DirectoryIds } from './ids.ts'
import type { LdapOptions } from './options.ts'
import type { LdapServers, Trouble } from './servers.ts'

export interface LdapDirectory {
  readonly domainId: string
  readonly options: LdapOptions
  readonly servers: LdapServers
  readonly store: Store
  readonly clock: Clock
  readonly ids: DirectoryIds
  readonly trouble: Trouble
}

/** Entries as the service may see them. A search that the server refuses is trouble of the directory, 503, never an empty answer. */
export async function search({ servers, trouble }: LdapDirectory, wanted: Search): Promise<Entry[]> {
  try {
    return await servers.run('search', (connection) => connection.search(wanted))
  } catch (error) {
    if (!(error instanceof ResultCodeError)) throw error
    trouble(`refuses a search below ${wanted.base}: ${error.message} (code ${error.code})`, '')
    throw fault(
      'Unavailable',
      { message: 'The directory server refuses to be searched; try again later.', retryAfterS: 30 },
      { cause: error },
    )
  }
}

/** One entry by its DN, if it is one of those. */
export async function readEntry(
  directory: LdapDirectory,
  base: string,
  filter: Filter,
  attributes: readonly string[],
): Promise<Entry | null> {
  const found = await search(directory, { base, scope: 'base', filter, attributes, limit: 1 })
  return found[0] ?? null
}
