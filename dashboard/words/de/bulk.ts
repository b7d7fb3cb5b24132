import { plural } from '../plural.ts'

const many = plural('de')

export const bulk = {
  label: 'Fortschritt',
  leftOut: (count: number) =>
    many(count, { one: '# davon wird ausgelassen:', other: '# davon werden ausgelassen:' }),
  progress: (ended: number, all: number, failed: number) =>
    failed === 0 ? `${ended} von ${all} erledigt` : `${ended} von ${all} erledigt, ${failed} gescheitert`,
  states: {
    out: 'ausgelassen',
    waits: 'wartet',
    doing: 'läuft',
    done: 'erledigt',
    failed: 'gescheitert',
  },
}
