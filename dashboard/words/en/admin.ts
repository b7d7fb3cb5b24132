import { plural } from '../plural.ts'

const many = plural('en')

export const admin = {
  needsRole: 'This is for administrators: it needs the role admin.',
  yourRoles: (roles: string) => (roles === '' ? 'You have no role here.' : `Your roles here: ${roles}.`),
  whoGives: 'An administrator of the service can give it to you.',
  view: 'View',
  asTable: 'Table',
  host: 'Host',
  backend: 'Backend',
  state: 'State',
  updated: 'Last heard of',
  reason: 'Reason',
  value: 'Value',
  key: 'Key',
  count: (count: number) => many(count, { one: '# row', other: '# rows' }),
  edit: 'Edit',
  of: 'of',
  user: 'User',
  all: 'all',
  search: 'Search',
  noneYet: 'There is nothing here.',
  partly: (what: string) => `${what} could not be read; the rest is shown.`,
}
