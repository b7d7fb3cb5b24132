import type { Words } from '../index.ts'
import { plural } from '../plural.ts'

const many = plural('de')

export const admin: Words['admin'] = {
  needsRole: 'Das ist für Administratoren: man braucht die Rolle admin.',
  yourRoles: (roles: string) =>
    roles === '' ? 'Sie haben hier keine Rolle.' : `Ihre Rollen hier: ${roles}.`,
  whoGives: 'Ein Administrator des Dienstes kann sie Ihnen geben.',
  view: 'Ansicht',
  asTable: 'Tabelle',
  host: 'Rechner',
  backend: 'Backend',
  state: 'Lage',
  updated: 'Zuletzt gehört',
  reason: 'Grund',
  value: 'Wert',
  key: 'Schlüssel',
  count: (count: number) => many(count, { one: '# Zeile', other: '# Zeilen' }),
  edit: 'Ändern',
  of: 'von',
  user: 'Benutzer',
  all: 'alle',
  search: 'Suchen',
  noneYet: 'Hier ist nichts.',
  partly: (what: string) => `${what}: nicht lesbar; das Übrige wird gezeigt.`,
}
