import { plural } from '../plural.ts'

const many = plural('en')

export const shares = {
  title: 'Shares',
  count: (count: number) => many(count, { one: '# share', other: '# shares' }),
  create: 'Create share',
  protocol: 'Protocol',
  used: 'Used',
  emptyTitle: 'No shares yet',
  emptyText: 'A share is a file system of the size you ask for, which clients mount over the network.',
  sizeHint: 'GiB. It can be made larger later while clients write.',
  typeHint: 'What kind of storage it is on.',
  anyType: 'the default type',
  delete: 'Delete',
  deleteTitle: (name: string) => `Delete ${name}?`,
  deleteVerb: 'Delete for good',
  deleteText: 'Everything in it is lost for good. Clients that have it mounted get errors.',
  extend: 'Extend',
  shrink: 'Shrink',
  edit: 'Edit',
  overview: 'Overview',
  accessTab: 'Access',
  snapshotsTab: 'Snapshots',
  activityTab: 'Activity',
  advancedTab: 'Advanced',
  facts: 'Facts',
  exportLocations: 'Export locations',
  noExports: 'Where it can be mounted is known when it is available.',
}
