import { plural } from '../plural.ts'

const many = plural('de')

export const locks = {
  title: 'Sperren',
  count: (count: number) => many(count, { one: '# Sperre', other: '# Sperren' }),
  create: 'Sperren',
  createTitle: 'Freigabe oder Zugriffsregel sperren',
  on: 'Auf',
  forbids: 'Verbietet',
  reason: 'Grund',
  holder: 'Gehalten von',
  contexts: { user: 'einem Benutzer', admin: 'einem Administrator', service: 'dem Dienst' },
  you: 'Ihnen',
  types: { share: 'Freigabe', access_rule: 'Zugriffsregel' },
  actions: { delete: 'Löschen', show: 'Anzeigen für andere' },
  resource: 'ID der Freigabe oder Regel',
  kind: 'Was es ist',
  action: 'Was verboten wird',
  showOnlyRules: 'Nur Zugriffsregeln lassen sich verbergen.',
  emptyTitle: 'Nichts ist gesperrt',
  emptyText:
    'Eine Sperre bewahrt eine Freigabe vor dem Löschen, oder eine Zugriffsregel vor dem Löschen oder Anzeigen, bis wer sie hält sie aufhebt.',
  edit: 'Bearbeiten',
  editTitle: 'Diese Sperre ändern',
  delete: 'Aufheben',
  deleteVerb: 'Sperre aufheben',
  deleteTitle: (what: string) => `Sperre auf ${what} aufheben?`,
  deleteText: 'Was sie verboten hat, geht sofort wieder, für jeden, der das Recht dazu hat.',
  wrongId: 'Eine ID, etwa 5b1c2f3e-….',
}
