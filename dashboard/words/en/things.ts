/** What everything has that has a name, a status and an end. */
export const things = {
  facts: 'Facts',
  rename: 'Rename',
  renameTitle: (name: string) => `Rename ${name}`,
  delete: 'Delete',
  deleteVerb: 'Delete for good',
  deleteTitle: (name: string) => `Delete ${name}?`,
  forceDelete: 'Force delete',
  resetStatus: 'Reset status',
  resetTitle: (name: string) => `Reset the status of ${name}`,
}
