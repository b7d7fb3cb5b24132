import type { Words } from '../index.ts'

export const groupTypes: Words['groupTypes'] = {
  title: 'Gruppentypen',
  create: 'Gruppentyp anlegen',
  isDefaultText: 'Gruppen, die keinen Typ nennen, bekommen diesen.',
  nameMissing: 'Ein Gruppentyp braucht einen Namen.',
  shareTypesText: 'Gruppen dieses Typs können Freigaben dieser Typen enthalten, und keine anderen.',
  specs: 'Merkmale der Gruppe',
  noSpecs: 'Keine.',
  specsHint:
    'consistent_snapshot_support verlangt ein Backend, dessen Gruppenschnappschüsse von einem Augenblick sind: in einem Pool (pool) oder auf einem Host (host).',
  consistency: 'Zusammenpassende Schnappschüsse',
  deleteText: 'Die Liste seiner Projekte geht mit verloren. Es gibt kein Zurück.',
  takeAwayText: 'Seine Gruppen bleiben, wie sie sind; neue dieses Typs kann es nicht mehr anlegen.',
  emptyTitle: 'Noch keine Gruppentypen',
  emptyText:
    'Ein Gruppentyp sagt, welche Freigabetypen in einer Gruppe sein können. Ohne einen kann niemand eine Gruppe anlegen.',
}
