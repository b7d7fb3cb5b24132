import type { Words } from '../index.ts'

export const things: Words['things'] = {
  facts: 'Angaben',
  rename: 'Umbenennen',
  renameTitle: (name: string) => `${name} umbenennen`,
  delete: 'Löschen',
  deleteVerb: 'Endgültig löschen',
  deleteTitle: (name: string) => `${name} löschen?`,
  forceDelete: 'Löschen erzwingen',
  resetStatus: 'Zustand setzen',
  resetTitle: (name: string) => `Zustand von ${name} setzen`,
}
