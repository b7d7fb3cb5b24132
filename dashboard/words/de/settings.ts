import { plural } from '../plural.ts'

const many = plural('de')

export const settings = {
  title: 'Einstellungen',
  looks: 'Aussehen',
  theme: 'Farben',
  language: 'Sprache',
  zone: 'Zeitzone',
  zoneText: 'Zeiten stehen in der Zone dieses Browsers.',
  account: 'Konto',
  roles: 'Rollen in diesem Projekt',
  sessionEnds: 'Sitzung endet',
  release: 'Ausgabe',
  credentials: 'Anwendungsschlüssel',
  credentialsText:
    'Für Skripte und Dienste: sie arbeiten wie Sie, in diesem Projekt, ohne Ihr Passwort, und lassen sich einzeln wegnehmen.',
  create: 'Neuer Schlüssel',
  emptyTitle: 'Keine Anwendungsschlüssel',
  emptyText:
    'Geben Sie jedem Skript einen eigenen: was bekannt wird, lässt sich wegnehmen, ohne die anderen anzuhalten.',
  expires: 'Gilt bis',
  never: 'unbegrenzt',
  expired: 'abgelaufen',
  expiryHint: 'Ohne Zeit gilt er, bis er weggenommen wird.',
  rolesHint: 'Keine gewählt = alle, die Sie haben.',
  rules: 'Nur diese Aufrufe',
  rulesHint: 'Ohne einen darf er, was seine Rollen dürfen. ** steht in einem Pfad für alles.',
  addRule: 'Aufruf hinzufügen',
  removeRule: 'Aufruf entfernen',
  service: 'Dienst',
  method: 'Methode',
  path: 'Pfad',
  unrestricted: 'Darf selbst Schlüssel machen und wegnehmen',
  unrestrictedText:
    'Wer ihn in die Hand bekommt, macht sich weitere. Nur einschalten, wenn ein Programm es braucht.',
  allowedCalls: (count: number) => many(count, { one: '# Aufruf', other: '# Aufrufe' }),
  secretTitle: 'Das Geheimnis, nur dieses eine Mal',
  secretText:
    'Bewahren Sie es jetzt auf: der Dienst speichert nur, womit er es prüft, und niemand kann es noch einmal zeigen.',
  secret: 'Geheimnis',
  environment: 'Für eine Shell',
  done: 'Ich habe es aufbewahrt',
  delete: 'Wegnehmen',
  deleteTitle: (name: string) => `${name} wegnehmen?`,
  deleteVerb: 'Wegnehmen',
  deleteText:
    'Wer sich damit anmeldet, wird ab jetzt abgewiesen, und seine Token enden. Das lässt sich nicht rückgängig machen.',
  nameNeeded: 'Er braucht einen Namen.',
  afterDays: (count: number) => many(count, { one: 'nach # Tag', other: 'nach # Tagen' }),
  ruleWrong: 'Ein Aufruf braucht Dienst, Methode und einen Pfad, der mit / beginnt.',
}
