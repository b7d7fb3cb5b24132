import type { Words } from '../index.ts'
import { plural } from '../plural.ts'

const many = plural('de')

export const groupSnapshots: Words['groupSnapshots'] = {
  title: 'Gruppenschnappschüsse',
  count: (count: number) => many(count, { one: '# Gruppenschnappschuss', other: '# Gruppenschnappschüsse' }),
  all: 'Alle Gruppenschnappschüsse',
  create: 'Gruppenschnappschuss machen',
  of: 'Von Gruppe',
  group: 'Freigabegruppe',
  noGroup: 'Zuerst die Gruppe nennen.',
  form: 'Von jeder Freigabe darin wird ein Schnappschuss gemacht, oder von keiner.',
  member: 'Freigabe',
  noMembers: 'Die Gruppe war leer, als er gemacht wurde',
  clone: 'Neue Gruppe daraus',
  emptyTitle: 'Noch keine Gruppenschnappschüsse',
  emptyText:
    'Ein Gruppenschnappschuss enthält einen von jeder Freigabe der Gruppe. Eine neue Gruppe kann mit ihm beginnen, jede Freigabe mit ihrem damaligen Inhalt.',
  deleteText:
    'Was nur deren Schnappschüsse darin enthalten, ist endgültig verloren; die Gruppe und ihre Freigaben bleiben, wie sie sind.',
}
