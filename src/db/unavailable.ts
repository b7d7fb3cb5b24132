/**
 * The database can't be reached, or went away in the middle. With `maybeCommitted` that was while a commit, or a writing
 * statement of its own, was under way: it happened whole or not at all, and only the rows can tell. Without it nothing happened.
 */
export class DatabaseUnavailable extends Error {
  readonly maybeCommitted: boolean
  constructor(maybeCommitted: boolean, options: ErrorOptions) {
    super('the database can not be reached', options)
    this.name = 'DatabaseUnavailable'
    this.maybeCommitted = maybeCommitted
  }
}
