export const recycleBin = {
  line: 'Shares here count against the quota and can be restored until they are deleted for good.',
  search: 'Search name',
  end: 'Deleted for good',
  emptyTitle: 'The recycle bin is empty',
  emptyText: 'A share that is moved here can be restored for some days, with its data, rules and name.',
}
