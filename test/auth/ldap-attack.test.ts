/** Attacks on the way to a directory, each on a real slapd that would let it through. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openConnection } from '../../src/auth/backends/ldap/connection.ts'
import { ldapOptions } from '../../src/auth/backends/ldap/options.ts'
import type { LdapSettings } from '../../src/config/ldap.ts'
import { Fault } from '../../src/model/errors.ts'
import { hasSlapd, type Slapd } from '../../tools/programs/slapd.ts'
import { address } from './face-world.ts'
import { groupOfNames, peopleBase, suffix } from './layouts.ts'
import { asAdmin, commonOptions, corp, openAuth, settingsOf, startLayout, type Opened } from './ldap-world.ts'
import { passwordOf } from './suite.ts'

const layout = groupOfNames()
let server: Slapd

/** Says yes to a name without a password, as servers may; counts what it is asked; keeps an entry whose name is a trap. */
beforeAll(async () => {
  if (!hasSlapd()) return
  server = await startLayout(
    {
      ...layout,
      definitions: ['allow bind_anon_dn'],
      entries: [
        ...layout.entries,
        { dn: `ou=inner,${peopleBase}`, attributes: { objectClass: 'organizationalUnit', ou: 'inner' } },
        {
          dn: `uid=hidden,ou=inner,${peopleBase}`,
          attributes: { objectClass: 'inetOrgPerson', uid: 'hidden', cn: 'h', sn: 'h', userPassword: 'open' },
        },
      ],
    },
    { settings: ['database monitor'] },
  )
})
afterAll(() => server?.remove())

async function withAuth<T>(options: Partial<LdapSettings>, work: (opened: Opened) => Promise<T>): Promise<T> {
  const opened = await openAuth({ ...commonOptions([server.url]), ...layout.options, ...options })
  try {
    return await work(opened)
  } finally {
    await opened.close()
  }
}

const login = ({ auth }: Opened, name: string, password: string, from = address) =>
  auth.loginWithPassword({
    user: { name, domain: { id: corp } },
    password,
    address: from,
    scope: 'unscoped',
  })

const codeOf = async (work: Promise<unknown>): Promise<string> => {
  const error: unknown = await work.then(
    () => null,
    (reason: unknown) => reason,
  )
  if (error === null) return 'let in'
  if (!(error instanceof Fault)) throw error
  return error.code
}

/** Operations the server has completed, by its own count. */
async function counted(): Promise<{ bind: number; search: number }> {
  const entry = async (name: string): Promise<number> => {
    const { searchEntries } = await asAdmin(server, (client) =>
      client.search(`cn=${name},cn=Operations,cn=Monitor`, {
        scope: 'base',
        attributes: ['monitorOpCompleted'],
      }),
    )
    return Number(searchEntries[0]?.monitorOpCompleted)
  }
  // What counting itself adds is the same each time.
  return { bind: await entry('Bind'), search: await entry('Search') }
}

describe.skipIf(!hasSlapd())('on a private server (slapd) auth: attacks on LDAP', () => {
  test('the server itself lets anybody bind without a password', async () => {
    const found = await asAdmin(server, async (client) => {
      await client.bind(layout.dnOf('bob'), '')
      return client.search('', { scope: 'base' })
    })
    expect(found.searchEntries).toHaveLength(1)
  })

  test('an empty password logs nobody in, by search and by template, known or not', async () => {
    for (const template of ['', `uid={name},${peopleBase}`]) {
      await withAuth({ user_dn_template: template }, async (opened) => {
        expect(await codeOf(login(opened, 'bob', passwordOf('bob')))).toBe('let in')
        for (const name of ['bob', 'nobody', 'dave'])
          expect(await codeOf(login(opened, name, ''))).toBe('Unauthorized')
      })
    }
  })

  test('nor does a connection bind without one, whoever calls it', async () => {
    const options = ldapOptions(settingsOf({ ...commonOptions([server.url]), ...layout.options }), 'x')
    const connection = await openConnection(server.url, options)
    await expect(connection.bind(layout.dnOf('bob'), '')).rejects.toThrow(/needs a name and a password/)
    await expect(connection.bind(layout.dnOf('bob'), '\0x')).rejects.toThrow(/needs a name and a password/)
    await expect(connection.bind('', 'x')).rejects.toThrow(/needs a name and a password/)
    connection.close()
  })

  test.each([
    '*',
    'b*',
    'bob)(|(uid=*',
    'nobody)(|(uid=bob)(uid=bob',
    'nobody*)(uid=bob',
    String.raw`\62\6f\62`,
    'bob)(objectClass=*',
  ])('the name %j is a value of a filter, not a filter', async (name) => {
    await withAuth({}, async (opened) => {
      for (const password of [passwordOf('bob'), passwordOf('alice')]) {
        expect(await codeOf(login(opened, name, password))).toBe('Unauthorized')
      }
      expect(await opened.auth.directory.users.findUser({ name, domainId: corp })).toBeNull()
      expect(await opened.auth.directory.users.listUsers({ name, domainId: corp, limit: 10 })).toEqual([])
      expect(await opened.auth.directory.users.findGroup({ name, domainId: corp })).toBeNull()
    })
  })

  test.each([
    'hidden,ou=inner',
    'hidden\\,ou=inner',
    'bob+cn=bob of the lab',
    'bob,ou=people,dc=lab,dc=test',
    '',
    ' bob',
    'bob\\20',
  ])('the name %j is a value of a DN, not a DN', async (name) => {
    await withAuth({ user_dn_template: `uid={name},${peopleBase}` }, async (opened) => {
      for (const password of ['open', passwordOf('bob')]) {
        expect(await codeOf(login(opened, name, password))).toBe('Unauthorized')
      }
    })
  })

  test('a known and an unknown name cost the directory the same', async () => {
    await withAuth({}, async (opened) => {
      const cost = async (name: string, password: string): Promise<{ bind: number; search: number }> => {
        const before = await counted()
        expect(await codeOf(login(opened, name, password))).toBe('Unauthorized')
        const after = await counted()
        return { bind: after.bind - before.bind, search: after.search - before.search }
      }
      // Connections are opened first.
      await cost('bob', 'wrong')
      const known = await cost('bob', 'wrong')
      expect(await cost('nobody', 'wrong')).toEqual(known)
      expect(await cost('dave', passwordOf('dave'))).toEqual(known)
      expect(await cost('bob)(uid=*', 'wrong')).toEqual(known)
      // An administrator's network is where the role is looked at as well.
      const local = async (name: string): Promise<{ bind: number; search: number }> => {
        const before = await counted()
        expect(await codeOf(login(opened, name, 'wrong', '127.0.0.1'))).toBe('Unauthorized')
        const after = await counted()
        return { bind: after.bind - before.bind, search: after.search - before.search }
      }
      await local('bob')
      opened.clock.pass(61)
      expect(await local('nobody')).toEqual(await local('bob'))
    })
  })

  test('a service that may not log in itself is trouble of ours, 503, and no failed login of anybody', async () => {
    await withAuth({ bind_password: 'not the password' }, async (opened) => {
      for (let i = 0; i < 20; i++)
        expect(await codeOf(login(opened, 'bob', passwordOf('bob')))).toBe('Unavailable')
      expect(opened.troubles.join()).toMatch(/refuses the service itself \(code 49\)/)
      expect(opened.troubles.join()).not.toContain('not the password')
      const { rows } = await countFailures(opened)
      expect(rows).toBe(0)
    })
  })

  test('a server that checks no password without TLS is trouble of ours as well', async () => {
    const definitions = ['security simple_bind=64']
    const access = ['access to attrs=userPassword by anonymous auth by * none', 'access to * by * read']
    const strict = await startLayout({ ...layout, definitions }, { access })
    try {
      await withAuth({ urls: [strict.url], bind_dn: '', bind_password: '' }, async (opened) => {
        expect(await codeOf(login(opened, 'bob', passwordOf('bob')))).toBe('Unavailable')
        expect(opened.troubles.join()).toMatch(/refuses to check a password \(code 13\)/)
        expect((await countFailures(opened)).rows).toBe(0)
      })
    } finally {
      await strict.remove()
    }
  })

  test('a user below the base but of another class, or kept out by the filter, is nobody', async () => {
    await withAuth({ user_filter: '(!(uid=bob))' }, async (opened) => {
      expect(await codeOf(login(opened, 'bob', passwordOf('bob')))).toBe('Unauthorized')
      expect(await codeOf(login(opened, 'alice', passwordOf('alice')))).toBe('let in')
    })
    await withAuth({ user_object_classes: ['inetOrgPerson', 'posixAccount'] }, async (opened) => {
      expect(await codeOf(login(opened, 'bob', passwordOf('bob')))).toBe('Unauthorized')
    })
    await withAuth({ user_scope: 'one' }, async (opened) => {
      expect(await codeOf(login(opened, 'hidden', 'open'))).toBe('Unauthorized')
    })
    await withAuth({}, async (opened) => {
      expect(await codeOf(login(opened, 'hidden', 'open'))).toBe('let in')
    })
  })

  test('only members of the group of enabled users are enabled', async () => {
    await withAuth({ user_enabled_group: `cn=red-readers,ou=groups,${suffix}` }, async (opened) => {
      expect(await codeOf(login(opened, 'carol', passwordOf('carol')))).toBe('let in')
      expect(await codeOf(login(opened, 'bob', passwordOf('bob')))).toBe('Unauthorized')
    })
  })

  test('writes to a domain that is read only are refused with a sentence', async () => {
    await withAuth({}, async ({ auth }) => {
      const bob = await auth.directory.users.findUser({ name: 'bob', domainId: corp })
      const group = await auth.directory.users.findGroup({ name: 'inner', domainId: corp })
      const [userId, groupId] = [bob?.id ?? '', group?.id ?? '']
      for (const write of [
        () => auth.directory.createUser({ name: 'new', domainId: corp, password: 'x' }),
        () => auth.directory.updateUser(userId, { description: 'x' }),
        () => auth.directory.setPassword(userId, 'x'),
        () => auth.directory.deleteUser(userId),
        () => auth.directory.createGroup({ name: 'new', domainId: corp }),
        () => auth.directory.updateGroup(groupId, { name: 'x' }),
        () => auth.directory.deleteGroup(groupId),
        () => auth.directory.addMember(groupId, userId),
        () => auth.directory.removeMember(groupId, userId),
      ]) {
        await expect(write()).rejects.toMatchObject({
          code: 'Refused',
          status: 403,
          message: expect.stringContaining('administered in its directory server') as string,
        })
      }
    })
  })

  test('who is in which group is said from both ends, through a ring, however DNs are spelled', async () => {
    await withAuth({}, async ({ auth }) => {
      const { users } = auth.directory
      const group = await users.findGroup({ name: 'blue-team', domainId: corp })
      const members = await users.listUsers({ ids: await users.memberIdsOf(group?.id ?? ''), limit: 10 })
      expect(members.map(({ name }) => name)).toEqual(['bob', 'oscar'])
      const bob = await users.findUser({ name: 'BOB', domainId: corp })
      const groups = await users.listGroups({ ids: await users.groupIdsOf(bob?.id ?? ''), limit: 10 })
      expect(groups.map(({ name }) => name)).toEqual(['blue-team', 'inner'])
    })
  })

  test('a list that the server cuts is what it gives; one that it does not is whole', async () => {
    const crowd = Array.from({ length: 1200 }, (_, at) => ({
      dn: `uid=p${at},${peopleBase}`,
      attributes: { objectClass: 'inetOrgPerson', uid: `p${at}`, cn: 'p', sn: 'p' },
    }))
    for (const [settings, count] of [
      [[], 500],
      [['sizelimit unlimited'], 1210],
    ] as const) {
      const many = await startLayout({ ...layout, entries: [...layout.entries, ...crowd] }, { settings })
      try {
        await withAuth({ urls: [many.url] }, async ({ auth }) => {
          const all = await auth.directory.users.listUsers({ domainId: corp, limit: 5000 })
          expect(all).toHaveLength(count)
          const part = await auth.directory.users.listUsers({ domainId: corp, limit: 10 })
          expect(part).toHaveLength(10)
        })
      } finally {
        await many.remove()
      }
    }
  })

  test('groups may list unique members', async () => {
    const unique = {
      dn: `cn=unique,ou=groups,${suffix}`,
      attributes: {
        objectClass: 'groupOfUniqueNames',
        cn: 'unique',
        uniqueMember: [layout.dnOf('bob'), layout.dnOf('carol')],
      },
    }
    const other = await startLayout({ ...layout, entries: [...layout.entries, unique] })
    const options = { group_object_classes: ['groupOfUniqueNames'], group_member_attribute: 'uniqueMember' }
    try {
      await withAuth({ urls: [other.url], ...options }, async ({ auth }) => {
        const { users } = auth.directory
        const bob = await users.findUser({ name: 'bob', domainId: corp })
        const groups = await users.listGroups({ domainId: corp, limit: 10 })
        expect(groups.map(({ name }) => name)).toEqual(['unique'])
        expect(await users.groupIdsOf(bob?.id ?? '')).toEqual([groups[0]?.id])
        expect(await users.memberIdsOf(groups[0]?.id ?? '')).toHaveLength(2)
      })
    } finally {
      await other.remove()
    }
  })

  test('referrals to other servers are not followed', async () => {
    const elsewhere = {
      dn: `ou=elsewhere,${peopleBase}`,
      attributes: {
        objectClass: ['referral', 'extensibleObject'],
        ou: 'elsewhere',
        // Nobody listens there; who followed it would fail or wait.
        ref: `ldap://127.0.0.1:1/ou=people,${suffix}`,
      },
    }
    const other = await startLayout({ ...layout, entries: [...layout.entries, elsewhere] })
    try {
      await withAuth({ urls: [other.url] }, async (opened) => {
        expect(await codeOf(login(opened, 'bob', passwordOf('bob')))).toBe('let in')
        expect(await codeOf(login(opened, 'nobody', 'x'))).toBe('Unauthorized')
      })
      await withAuth({ urls: [other.url], user_base: `ou=elsewhere,${peopleBase}` }, async (opened) => {
        expect(await codeOf(login(opened, 'bob', passwordOf('bob')))).toBe('Unauthorized')
      })
    } finally {
      await other.remove()
    }
  })

  test('a page of entries is asked for after another', async () => {
    await withAuth({ page_size: 10, user_object_classes: [] }, async ({ auth }) => {
      const all = await auth.directory.users.listUsers({ domainId: corp, limit: 1000 })
      expect(all.map(({ name }) => name)).toContain('victor')
      expect(all).toHaveLength(11)
      expect(all.map(({ name }) => name)).toEqual(all.map(({ name }) => name).toSorted())
    })
  })
})

async function countFailures({ store }: Opened): Promise<{ rows: number }> {
  const rows = await store.db.selectFrom('login_records').selectAll().where('failures', '>', 0).execute()
  return { rows: rows.length }
}
