import type { Words } from '../index.ts'

export const admin: Words['admin'] = {
  needsRole: 'Das ist für Administratoren: man braucht die Rolle admin.',
  yourRoles: (roles: string) =>
    roles === '' ? 'Sie haben hier keine Rolle.' : `Ihre Rollen hier: ${roles}.`,
  whoGives: 'Ein Administrator des Dienstes kann sie Ihnen geben.',
  host: 'Rechner',
  backend: 'Backend',
  state: 'Lage',
  updated: 'Zuletzt gehört',
  value: 'Wert',
  key: 'Schlüssel',
  search: 'Suchen',
  noneYet: 'Hier ist nichts.',
}
