/** Others changed the same rows at the same time, however often the transaction was repeated; nothing of it happened. */
export class DatabaseBusy extends Error {
  override readonly name = 'DatabaseBusy'
  constructor(options: ErrorOptions) {
    super('others kept changing the same rows', options)
  }
}

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
