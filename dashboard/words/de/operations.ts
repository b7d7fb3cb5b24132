import { plural } from '../plural.ts'

const many = plural('de')

export const operations = {
  progress: 'Fortschritt des Vorgangs',
  stepStates: {
    pending: 'wartet',
    started: 'läuft',
    done: 'fertig',
    undone: 'rückgängig gemacht',
    failed: 'gescheitert',
    cut: 'abgebrochen',
    unreached: 'nicht begonnen',
  },
  tries: (count: number) => many(count, { one: '# Versuch', other: '# Versuche' }),
  underWay: (kind: string) => `${kind} läuft`,
  hasFailed: (kind: string) => `${kind} ist gescheitert`,
  isUndone: (kind: string) => `${kind} wird rückgängig gemacht`,
  lastTry: 'Der letzte Versuch ist nicht gelungen.',
  wasCancelled: (kind: string) => `${kind} wurde abgebrochen`,
  unexplained: 'Was zuletzt damit getan wurde, sagt nicht, warum',
  unexplainedText: 'Vielleicht steht es in den Nachrichten; wer den Status gesetzt hat, weiß es.',
  goesOn: 'Es geht von selbst weiter, auch wenn Sie diese Seite verlassen.',
  canRepeat: 'Dasselbe kann später gelingen.',
  show: 'Die Schritte zeigen',
}
