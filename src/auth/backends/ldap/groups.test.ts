/** Groups as servers have them that are hard to come by: values in parts, chains without end. The real ones are in `test/auth`. */
import type { Entry } from 'ldapts'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { loadSettings } from '../../../config/load.ts'
import type { LdapSettings } from '../../../config/ldap.ts'
import type { Store } from '../../../db/open.ts'
import { openTestStore } from '../../../db/store.fixture.ts'
import { stillClock, type StillClock } from '../../parts.fixture.ts'
import { LdapBackend } from './backend.ts'
import type { Connection, Search } from './connection.ts'
import type { LdapDirectory } from './directory.ts'
import { normalDn } from './dn.ts'
import { groupsOfUser, membersOf } from './groups.ts'
import { DirectoryIds } from './ids.ts'
import { ldapOptions } from './options.ts'
import type { LdapServers } from './servers.ts'
import { userByKey, userByName, type LdapUser } from './users.ts'

let store: Store
let clock: StillClock
beforeEach(async () => {
  store = await openTestStore()
  clock = stillClock()
})
afterEach(() => store.close())

const settings = (more: Partial<LdapSettings>): LdapSettings =>
  loadSettings({
    defaults: {
      auth: {
        ldap: {
          urls: ['ldap://127.0.0.1:1'],
          user_base: 'ou=people,dc=x',
          group_base: 'ou=groups,dc=x',
          user_object_classes: ['person'],
          group_object_classes: ['group'],
          user_id_attribute: 'uid',
          group_id_attribute: 'cn',
          ...more,
        },
      },
    },
  }).auth.ldap

/** A directory whose answers a function makes; what was asked is kept. */
function directoryOf(
  answer: (search: Search) => Entry[],
  more: Partial<LdapSettings> = {},
): LdapDirectory & { readonly asked: Search[]; readonly said: string[] } {
  const [asked, said]: [Search[], string[]] = [[], []]
  const connection = {
    search: (search: Search) => {
      asked.push(search)
      return Promise.resolve(answer(search))
    },
  } as unknown as Connection
  const servers = {
    run: <T>(_purpose: string, work: (one: Connection) => Promise<T>) => work(connection),
  } as unknown as LdapServers
  return {
    asked,
    said,
    domainId: 'd',
    options: ldapOptions(settings(more), 'auth.ldap'),
    servers,
    store,
    clock,
    ids: new DirectoryIds(store, clock),
    trouble: (message) => void said.push(message),
  }
}

const person = (name: string): Entry => ({ dn: `uid=${name},ou=people,dc=x`, uid: name })
const somebody = { dn: 'uid=a,ou=people,dc=x', record: { name: 'a' }, primary: {} } as unknown as LdapUser

describe('who is in a group', () => {
  test('is read part by part where the server gives no more at once, to the last', async () => {
    const all = Array.from({ length: 25 }, (_, at) => `uid=p${at},ou=people,dc=x`)
    const directory = directoryOf(({ base, scope, attributes }) => {
      if (scope !== 'base')
        return [{ dn: 'cn=g,ou=groups,dc=x', cn: 'g', 'member;range=0-9': all.slice(0, 10), member: [] }]
      const wanted = attributes.find((one) => one.startsWith('member;range='))
      if (wanted === 'member;range=10-*') return [{ dn: base, 'member;range=10-19': all.slice(10, 20) }]
      if (wanted === 'member;range=20-*') return [{ dn: base, 'member;range=20-*': all.slice(20) }]
      return base.startsWith('uid=') ? [person(base.split(/[=,]/)[1] ?? '')] : []
    })
    const members = await membersOf(directory, 'g')
    expect(members.map(({ record }) => record.name)).toEqual(all.map((_, at) => `p${at}`))
  })

  test('is somebody once, and nobody for a name that leads nowhere', async () => {
    const directory = directoryOf(({ base, scope }) => {
      if (scope !== 'base') {
        const member = [
          'uid=a,ou=people,dc=x',
          'UID=A, ou=people,dc=x',
          'uid=gone,ou=people,dc=x',
          'not a dn',
        ]
        return [{ dn: 'cn=g,ou=groups,dc=x', cn: 'g', member }]
      }
      return normalDn(base) === 'uid=a,ou=people,dc=x' ? [person('a')] : []
    })
    expect((await membersOf(directory, 'g')).map(({ record }) => record.name)).toEqual(['a'])
    expect(directory.asked.filter(({ base }) => /^uid=a/i.test(base))).toHaveLength(1)
  })
})

describe('which groups somebody is in', () => {
  const group = (at: number): Entry => ({ dn: `cn=g${at},ou=groups,dc=x`, cn: `g${at}` })
  /** g0 ∋ somebody, g1 ∋ g0, g2 ∋ g1 … */
  const chain = (search: Search): Entry[] => {
    const text = search.filter.toString()
    if (text.includes('uid=a')) return [group(0)]
    return [...text.matchAll(/cn=g(\d+)/g)].map((match) => group(Number(match[1]) + 1))
  }

  test('ends at the depth that is configured, and says so', async () => {
    const directory = directoryOf(chain, { nested_depth: 3 })
    const found = await groupsOfUser(directory, somebody)
    expect(found.map(({ record }) => record.name)).toEqual(['g0', 'g1', 'g2', 'g3'])
    expect(directory.said.join()).toMatch(/deeper than 3/)
  })

  test('a ring is walked once', async () => {
    const directory = directoryOf((search) => {
      const text = search.filter.toString()
      if (text.includes('uid=a')) return [group(0)]
      return text.includes('cn=g0') ? [group(1)] : [{ ...group(0), dn: 'CN=G0, OU=groups,dc=X' }]
    })
    const found = await groupsOfUser(directory, somebody)
    expect(found.map(({ record }) => record.name)).toEqual(['g0', 'g1'])
    expect(directory.asked).toHaveLength(3)
  })

  test('is not more than those where nesting is off', async () => {
    const directory = directoryOf(chain, { nested_groups: 'no' })
    expect((await groupsOfUser(directory, somebody)).map(({ record }) => record.name)).toEqual(['g0'])
  })

  test('is asked of the server at once where it can follow chains', async () => {
    const directory = directoryOf(() => [group(0), group(7)], { nested_groups: 'in-chain' })
    expect(await groupsOfUser(directory, somebody)).toHaveLength(2)
    expect(directory.asked.map(({ filter }) => filter.toString())).toEqual([
      '(&(objectClass=group)(member:1.2.840.113556.1.4.1941:=uid=a,ou=people,dc=x))',
    ])
  })
})

describe('a user', () => {
  test('that two entries claim to be is neither', async () => {
    const directory = directoryOf(() => [person('a'), { ...person('a'), dn: 'uid=a,ou=more,ou=people,dc=x' }])
    expect(await userByName(directory, 'a')).toBeNull()
    expect(directory.said.join()).toMatch(/several users of one name/)
  })

  test('of another name than was asked for is not the one, whatever the server finds alike', async () => {
    const directory = directoryOf(() => [person('a')])
    for (const name of ['*', ' a', 'a ', 'b', '']) expect(await userByName(directory, name)).toBeNull()
    expect((await userByName(directory, 'A'))?.record.name).toBe('a')
  })

  test('without what makes an id is nobody, and the log says why', async () => {
    const directory = directoryOf(() => [{ dn: 'cn=a,dc=x', cn: 'a', uid: 'a' }], {
      user_id_attribute: 'entryUUID',
    })
    expect(await userByName(directory, 'a')).toBeNull()
    expect(directory.said.join()).toMatch(/shows no entryUUID/)
  })

  test('keeps id and tokens when nothing happened, and loses tokens for good when it was disabled or gone', async () => {
    let entry: Entry | null = person('a')
    const directory = directoryOf(() => (entry === null ? [] : [entry]), {
      user_enabled_attribute: 'locked',
      user_enabled_invert: true,
    })
    const read = async () => (await userByKey(directory, 'a'))?.record
    const first = await read()
    expect(await read()).toEqual(first)
    entry = { ...person('a'), locked: 'TRUE' }
    clock.pass(10)
    const locked = await read()
    expect(locked).toMatchObject({ id: first?.id, enabled: false })
    expect(locked?.generation).toBeGreaterThan(first?.generation ?? 0)
    entry = person('a')
    const back = await read()
    expect(back).toMatchObject({ id: first?.id, enabled: true, generation: locked?.generation })
    entry = null
    clock.pass(10)
    expect(await read()).toBeUndefined()
    expect(await read()).toBeUndefined()
    entry = person('a')
    expect((await read())?.generation).toBeGreaterThan(back?.generation ?? 0)
  })

  test.each([
    ['512', 2, false, true],
    ['514', 2, false, false],
    ['-2147483646', 2, false, false],
    ['much', 2, false, false],
    ['2', 2, true, true],
    ['TRUE', 0, false, true],
    ['FALSE', 0, false, false],
    ['0', 0, false, false],
    ['000001010000Z', 0, true, false],
    ['FALSE', 0, true, true],
    [null, 2, false, true],
    [null, 0, true, true],
  ])('with %s, mask %d, inverted %s is enabled: %s', async (value, mask, invert, enabled) => {
    const directory = directoryOf(() => [{ ...person('a'), ...(value === null ? {} : { state: value }) }], {
      user_enabled_attribute: 'state',
      user_enabled_mask: mask,
      user_enabled_invert: invert,
    })
    expect((await userByName(directory, 'a'))?.record.enabled).toBe(enabled)
  })

  test('of another domain has another id, and no backend takes it for its own', async () => {
    const one = directoryOf(() => [person('a')])
    const other = { ...one, domainId: 'e' }
    const [a, b] = [await userByName(one, 'a'), await userByName(other, 'a')]
    expect(a?.record.id).not.toBe(b?.record.id)
    const { options, ids } = one
    const backend = new LdapBackend({ store, clock, domainId: 'e', options, ids })
    expect(await backend.findUser({ id: a?.record.id ?? '' })).toBeNull()
    backend.close()
  })
})

test('ids of thousands are made in a few statements, also by two at once', async () => {
  const keys = Array.from({ length: 1000 }, (_, at) => `key ${at}`)
  const [one, other] = [new DirectoryIds(store, clock), new DirectoryIds(store, clock)]
  const [first, second] = await Promise.all([one.of('d', 'user', keys), other.of('d', 'user', keys)])
  expect(first.map((row) => row?.id)).toEqual(second.map((row) => row?.id))
  expect(new Set(first.map((row) => row?.id)).size).toBe(1000)
  expect(await one.of('d', 'user', [null, '', 'x'.repeat(256)])).toEqual([null, null, null])
  expect(await one.find(first[0]?.id ?? '')).toMatchObject({
    domain_id: 'd',
    kind: 'user',
    entry_key: 'key 0',
  })
  expect(await one.find('not an id')).toBeNull()
})

describe('the configuration of a directory', () => {
  test.each([
    [{ urls: [] }, /urls must name a server/],
    [{ user_base: '' }, /user_base must be given/],
    [{ user_base: 'people' }, /user_base is no DN/],
    [{ user_filter: '(a=' }, /user_filter is no filter/],
    [{ bind_dn: 'cn=a' }, /bind_password must be given/],
    [{ user_dn_template: 'uid=a,dc=x' }, /user_dn_template must be a DN with \{name\} in it once/],
    [{ user_dn_template: '{name}' }, /user_dn_template must be/],
    [{ cert_file: '/a' }, /cert_key_file must be given together/],
    [{ ca_file: '/nowhere' }, /ca_file can't be read/],
    [{ map: [{ group: 'g', role: 'r' }] }, /must name one of project, domain and system/],
    [{ map: [{ group: 'g', role: 'r', project: 'p', system: true }] }, /must name one of/],
  ] as const)('%j is refused', (more, sentence) => {
    expect(() => ldapOptions(settings(more as Partial<LdapSettings>), 'auth.ldap')).toThrow(sentence)
  })

  test('a server on another host is not spoken to in clear', () => {
    const urls = ['ldaps://a.example', 'ldap://b.example']
    expect(() => settings({ urls })).toThrow(/auth\.ldap\.urls speaks in clear to b\.example/)
    expect(settings({ urls, start_tls: true }).urls).toEqual(urls)
    expect(settings({ urls, allow_plaintext: true }).urls).toEqual(urls)
    const corp = { backend: 'ldap', ldap: { urls } }
    expect(() => loadSettings({ defaults: { auth: { domains: { corp } } } })).toThrow(
      /auth\.domains\.corp\.ldap\.urls/,
    )
  })

  test.each([
    [{ user_bases: 'x' }, /unknown option auth\.ldap\.user_bases; did you mean user_base/],
    [{ urls: ['http://x'] }, /urls/],
    [{ map: [{ group: 'g', role: 'r', projects: 'x' }] }, /projects/],
  ])('%j is refused as any option is', (more, sentence) => {
    expect(() => settings(more as unknown as Partial<LdapSettings>)).toThrow(sentence)
  })
})
