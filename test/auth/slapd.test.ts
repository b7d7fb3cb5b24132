/** The suite on a private slapd, as three kinds of directory keep their people. */
import { describe } from 'vitest'
import { hasSlapd } from '../../tools/programs/slapd.ts'
import { activeDirectory, groupBase, groupOfNames, posix } from './layouts.ts'
import { ldapWorld } from './ldap-world.ts'
import { authSuite } from './suite.ts'

describe.skipIf(!hasSlapd())('on a private server (slapd)', () => {
  authSuite('slapd, inetOrgPerson and groupOfNames', () => ldapWorld(groupOfNames()), {
    passwordChangeUnseen: true,
  })
  authSuite('slapd, posixAccount and memberUid', () => ldapWorld(posix()))
  authSuite("slapd, Active Directory's attributes", () => ldapWorld(activeDirectory()))
  authSuite(
    'slapd, roles by mapped groups',
    () =>
      ldapWorld(groupOfNames(), {
        map: [
          { group: `CN=blue-team, ${groupBase.toUpperCase()}`, role: 'member', project: 'blue' },
          { group: 'red-readers', role: 'reader', project: 'red', project_domain: 'corp' },
        ],
      }),
    { passwordChangeUnseen: true },
  )
})
