/** What can be done with a share. */

/** Done with one or several. */
export type ShareDeed =
  | 'delete'
  | 'soft-delete'
  | 'restore'
  | 'force-delete'
  | 'unmanage'
  | 'extend-by'
  | 'allow'
/** What needs a form of its own. */
export type ShareForm = 'edit' | 'extend' | 'shrink' | 'revert' | 'reset-status' | 'reset-task-state'
