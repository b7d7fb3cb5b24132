/** Everything that is done with a share itself, in the order of help. */
import { shareResize, shareRevert, shareSet, shareUnset } from './share-change.ts'
import { shareAdopt, shareCreate } from './share-create.ts'
import { shareAbandon, shareDelete, shareRestore, shareShow } from './share-delete.ts'
import { shareList } from './share-list.ts'
import { shareUsage, shareUsageHistory } from './usage.ts'

export const shareCommands = [
  shareCreate,
  shareList,
  shareShow,
  shareUsage,
  shareUsageHistory,
  shareSet,
  shareUnset,
  shareResize,
  shareRevert,
  shareDelete,
  shareRestore,
  shareAdopt,
  shareAbandon,
]
