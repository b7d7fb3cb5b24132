/** Whoever types a whole id into the search of a list means that one thing, on whichever page it would be. */
import { isNotFound } from '../../src/sdk/api-error.ts'
import type { Page } from './paging.ts'

/** A page of what was asked for by its id, or of none where there is no such thing. */
export async function pageOfOne<Row>(asked: Promise<Row>): Promise<Page<Row>> {
  const rows = await asked.then(
    (row) => [row],
    (error: unknown) => {
      if (isNotFound(error)) return []
      throw error
    },
  )
  return { rows, hasNewer: false, hasOlder: false }
}
