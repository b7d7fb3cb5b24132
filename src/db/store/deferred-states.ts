import { sql } from 'kysely'

/**
 * States that lists leave out, for `not in`. In the text and not as parameters, like whatever is the same in every list: without knowing
 * which states are meant PostgreSQL takes it that no row is left, and sorts all of them instead of reading the first hundred.
 */
export const deferredStates = sql<string>`(${sql.lit('deferred_deleting')}, ${sql.lit('error_deferred_deleting')})`
