export const groupTypes = {
  title: 'Share group types',
  create: 'Create share group type',
  isDefaultText: 'Groups that name no type get this one.',
  nameMissing: 'A share group type needs a name.',
  shareTypesText: 'Groups of this type can hold shares of these types, and of no other.',
  specs: 'Group specs',
  noSpecs: 'None.',
  specsHint:
    'consistent_snapshot_support asks for a backend whose group snapshots are of one moment: within a pool, or within a host.',
  consistency: 'Consistent snapshots',
  deleteText: 'The list of its projects goes with it. There is no way back.',
  takeAwayText: 'Its groups stay as they are; new ones of this type can’t be made there.',
  emptyTitle: 'No share group types yet',
  emptyText:
    'A share group type says which share types can be in one group. Without one nobody can make a group.',
}
