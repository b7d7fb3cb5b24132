import { plural } from '../plural.ts'

const many = plural('en')

export const locks = {
  title: 'Resource locks',
  count: (count: number) => many(count, { one: '# lock', other: '# locks' }),
  create: 'Lock',
  createTitle: 'Lock a share or an access rule',
  on: 'On',
  forbids: 'Forbids',
  reason: 'Reason',
  holder: 'Held by',
  contexts: { user: 'a user', admin: 'an administrator', service: 'the service' },
  you: 'you',
  types: { share: 'share', access_rule: 'access rule' },
  actions: { delete: 'deleting it', show: 'showing it to others' },
  resource: 'ID of the share or rule',
  kind: 'What it is',
  action: 'What is forbidden',
  showOnlyRules: 'Only access rules can be hidden.',
  emptyTitle: 'Nothing is locked',
  emptyText:
    'A lock keeps a share from being deleted, or an access rule from being deleted or seen, until whoever holds it takes it away.',
  edit: 'Edit',
  editTitle: 'Change this lock',
  delete: 'Unlock',
  deleteVerb: 'Unlock',
  deleteTitle: (what: string) => `Unlock ${what}?`,
  deleteText: 'What it has forbidden can be done again at once, by anybody who has the right.',
  wrongId: 'An id, such as 5b1c2f3e-….',
}
