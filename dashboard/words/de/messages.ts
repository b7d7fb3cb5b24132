import { plural } from '../plural.ts'

const many = plural('de')

export const messages = {
  title: 'Meldungen',
  count: (count: number) => many(count, { one: '# Meldung', other: '# Meldungen' }),
  what: 'Was nicht geschah',
  about: 'Woran',
  level: 'Stufe',
  when: 'Wann',
  until: 'Aufbewahrt bis',
  action: 'Versucht',
  emptyTitle: 'Keine Meldungen',
  emptyText:
    'Ging etwas nicht, was Sie verlangt haben, so hinterlässt der Dienst hier eine Meldung: warum, und was hilft.',
  delete: 'Löschen',
  deleteTitle: (what: string) => `${what} löschen?`,
  deleteText: 'Nur die Meldung geht; woran es lag, bleibt, wie es ist.',
  wholeProject: 'das Projekt',
}
