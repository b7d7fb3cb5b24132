import type { Words } from '../index.ts'
import { plural } from '../plural.ts'

const many = plural('de')

export const services: Words['services'] = {
  title: 'Dienste',
  count: (count: number) => many(count, { one: '# Dienst', other: '# Dienste' }),
  program: 'Programm',
  runs: 'Was er tut',
  does: {
    'manila-share': 'Bedient die Freigaben seines Backends',
    'manila-scheduler': 'Wählt, wohin Freigaben kommen',
    'manila-data': 'Misst, kopiert und räumt auf',
    'manila-api': 'Beantwortet Anfragen',
    'manila-notifications': 'Meldet anderen, was sich ändert',
  },
  pools: (count: number) => many(count, { one: '# Pool', other: '# Pools' }),
  state: { up: 'läuft', down: 'läuft nicht', stopped: 'angehalten' },
  takesWork: 'nimmt Neues an',
  takesNone: 'nimmt nichts Neues an',
  work: 'Neue Arbeit',
  lasts: (time: string) => `seit ${time}`,
  left: (count: number) =>
    count === 0
      ? 'keine Freigabe mehr da'
      : many(count, { one: 'noch # Freigabe', other: 'noch # Freigaben' }),
  enable: 'Wieder Neues annehmen lassen',
  disable: 'Leerlaufen lassen',
  disableTitle: (name: string) => `${name} nichts Neues mehr geben?`,
  disableText:
    'Von jetzt an wird nichts Neues dorthin gelegt. Was dort liegt, wird bedient wie bisher und kann erweitert, als Schnappschuss festgehalten und gelöscht werden.',
  disableVerb: 'Leerlaufen lassen',
  whyLabel: 'Grund',
  whyHint: 'Andere Administratoren sehen ihn.',
  reasonLong: 'höchstens 255 Zeichen',
  ensure: 'Nach allen Freigaben sehen',
  ensureTitle: (name: string) => `Nach jeder Freigabe von ${name} sehen?`,
  ensureText:
    'Exporte und Regeln jeder Freigabe werden mit dem verglichen, was sein soll, und wieder so gemacht. Clients merken nichts davon; es kann eine Weile dauern.',
  ensureVerb: 'Nach ihnen sehen',
  ensuring: 'sieht nach seinen Freigaben',
  alreadyOn: 'Er nimmt Neues an.',
  alreadyOff: 'Er nimmt schon nichts Neues an.',
  notUp: 'Er läuft nicht.',
  isEnsuring: 'Es ist im Gange.',
  notWell: (count: number) => many(count, { one: '# Dienst läuft nicht', other: '# Dienste laufen nicht' }),
  emptyTitle: 'Noch hat sich kein Dienst gemeldet',
  emptyText: 'Jedes Programm meldet sich, wenn es anfängt, und danach alle paar Sekunden.',
}
