import { plural } from '../plural.ts'

const many = plural('de')

export const shares = {
  title: 'Freigaben',
  count: (count: number) => many(count, { one: '# Freigabe', other: '# Freigaben' }),
  create: 'Freigabe anlegen',
  protocol: 'Protokoll',
  used: 'Belegt',
  emptyTitle: 'Noch keine Freigaben',
  emptyText: 'Eine Freigabe ist ein Dateisystem in der gewünschten Größe, das über das Netz eingehängt wird.',
  sizeHint: 'GiB. Sie kann später vergrößert werden, während geschrieben wird.',
  typeHint: 'Auf welcher Art von Speicher sie liegt.',
  anyType: 'der übliche Typ',
  delete: 'Löschen',
  deleteTitle: (name: string) => `${name} löschen?`,
  deleteVerb: 'Endgültig löschen',
  deleteText: 'Alles darin ist endgültig verloren. Wer sie eingehängt hat, bekommt Fehler.',
  extend: 'Vergrößern',
  shrink: 'Verkleinern',
  edit: 'Bearbeiten',
  overview: 'Überblick',
  accessTab: 'Zugriff',
  snapshotsTab: 'Schnappschüsse',
  activityTab: 'Vorgänge',
  advancedTab: 'Erweitert',
  facts: 'Angaben',
  exportLocations: 'Exportpfade',
  noExports: 'Wo sie eingehängt werden kann, steht fest, sobald sie verfügbar ist.',
}
