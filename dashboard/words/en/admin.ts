export const admin = {
  needsRole: 'This is for administrators: it needs the role admin.',
  yourRoles: (roles: string) => (roles === '' ? 'You have no role here.' : `Your roles here: ${roles}.`),
  whoGives: 'An administrator of the service can give it to you.',
  host: 'Host',
  backend: 'Backend',
  state: 'State',
  updated: 'Last heard of',
  value: 'Value',
  key: 'Key',
  search: 'Search',
  noneYet: 'There is nothing here.',
}
