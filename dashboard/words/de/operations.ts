import { plural } from '../plural.ts'

const many = plural('de')

export const operations = {
  progress: 'Fortschritt des Vorgangs',
  stepStates: { pending: 'wartet', started: 'läuft', done: 'fertig', undone: 'rückgängig' },
  tries: (count: number) => many(count, { one: '# Versuch', other: '# Versuche' }),
  underWay: (kind: string) => `${kind} läuft`,
  hasFailed: (kind: string) => `${kind} ist gescheitert`,
  goesOn: 'Es geht von selbst weiter, auch wenn Sie diese Seite verlassen.',
  canRepeat: 'Dasselbe kann später gelingen.',
  show: 'Die Schritte zeigen',
}
