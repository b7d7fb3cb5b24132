/** A world of the suite whose people live in a private slapd; changes are made in it by its own administrator. */
import { join } from 'node:path'
import { Attribute, Change, Client } from 'ldapts'
import { ldapOptions } from '../../src/auth/backends/ldap/options.ts'
import { AuthManager } from '../../src/auth/manager.ts'
import { argon2Hasher } from '../../src/auth/passwords.ts'
import { stillClock, type StillClock } from '../../src/auth/parts.fixture.ts'
import { loadSettings } from '../../src/config/load.ts'
import type { LdapSettings } from '../../src/config/ldap.ts'
import { openTestStore } from '../../src/db/store.fixture.ts'
import type { Store } from '../../src/db/open.ts'
import { startSlapd, type Slapd, type SlapdOptions } from '../../tools/programs/slapd.ts'
import { faceWorld, furnish, grantHeld, scratchDir } from './face-world.ts'
import { groupBase, peopleBase, reader, suffix, type Layout } from './layouts.ts'
import { saltedPassword } from '../../tools/programs/slapd.ts'
import type { AuthWorld } from './suite.ts'

/** Where people live; its name is that of the domain, too. */
export const corp = 'corp'

/** Everything a configuration file would have in `[auth.domains.corp.ldap]`. */
export function settingsOf(options: Partial<LdapSettings>): LdapSettings {
  const settings = loadSettings({
    defaults: { auth: { domains: { [corp]: { backend: 'ldap', ldap: options } } } },
  })
  const domain = settings.auth.domains[corp]
  if (domain === undefined) throw new Error('no domain')
  return domain.ldap
}

export const commonOptions = (urls: readonly string[]): Partial<LdapSettings> => ({
  urls: [...urls],
  bind_dn: reader.dn,
  bind_password: reader.password,
  user_base: peopleBase,
  group_base: groupBase,
})

export interface Opened {
  readonly store: Store
  readonly clock: StillClock
  readonly auth: AuthManager
  /** What was said of the directory. */
  readonly troubles: string[]
  readonly close: () => Promise<void>
}

/** An Auth Manager whose domain `corp` is in those servers; projects and service account are there, nobody holds anything yet. */
export async function openAuth(options: Partial<LdapSettings>): Promise<Opened> {
  const store = await openTestStore()
  const clock = stillClock()
  const { dir, remove } = scratchDir()
  const troubles: string[] = []
  const auth = await AuthManager.open({
    store,
    clock,
    keyFile: join(dir, 'keys.json'),
    hasher: argon2Hasher({ memoryKib: 64, passes: 1, lanes: 1 }),
    limits: { maxFailures: 1_000, maxAccountFailures: 10_000, maxAddressFailures: 10_000 },
    directories: [
      { ref: { name: corp }, options: ldapOptions(settingsOf(options), `auth.domains.${corp}.ldap`) },
    ],
    trouble: (message) => void troubles.push(message),
  })
  await furnish(auth, corp)
  return {
    store,
    clock,
    auth,
    troubles,
    async close() {
      auth.close()
      await store.close()
      remove()
    },
  }
}

/** Talks to a server as its administrator. */
export async function asAdmin<T>(server: Slapd, work: (client: Client) => Promise<T>): Promise<T> {
  const client = new Client({ url: server.url, timeout: 10_000 })
  await client.bind(server.admin.dn, server.admin.password)
  try {
    return await work(client)
  } finally {
    await client.unbind()
  }
}

export const setAttributes = (
  server: Slapd,
  dn: string,
  values: Readonly<Record<string, readonly string[]>>,
): Promise<void> =>
  asAdmin(server, (client) =>
    client.modify(
      dn,
      Object.entries(values).map(
        ([type, all]) =>
          new Change({ operation: 'replace', modification: new Attribute({ type, values: [...all] }) }),
      ),
    ),
  )

export const startLayout = (layout: Layout, more: Partial<SlapdOptions> = {}): Promise<Slapd> =>
  startSlapd({
    suffix,
    entries: layout.entries,
    schemas: layout.schemas,
    definitions: layout.definitions ?? [],
    ...more,
  })

export async function ldapWorld(layout: Layout, options: Partial<LdapSettings> = {}): Promise<AuthWorld> {
  const server = await startLayout(layout)
  const opened = await openAuth({ ...commonOptions([server.url]), ...layout.options, ...options })
  const { auth, clock } = opened
  await grantHeld(auth, corp, options.map === undefined ? 'assigned' : 'mapped')
  return faceWorld({
    auth,
    domainId: corp,
    administrator: {
      disable: (person) => setAttributes(server, layout.dnOf(person), layout.disabled),
      remove: (person) => asAdmin(server, (client) => client.del(layout.dnOf(person))),
      async leave(person, group) {
        const { attribute, value } = layout.memberOf(person)
        // In the layout with nested groups the members are in the inner one.
        const dn = `cn=${group === 'blue-team' && layout.hasInner === true ? 'inner' : group},${groupBase}`
        const gone = new Attribute({ type: attribute, values: [value] })
        await asAdmin(server, (client) =>
          client.modify(dn, new Change({ operation: 'delete', modification: gone })),
        )
      },
      setPassword: (person, password) =>
        setAttributes(server, layout.dnOf(person), {
          userPassword: [saltedPassword(password)],
          ...layout.passwordTrace,
        }),
      async rename(person, name) {
        const { rdn, values } = layout.renamed(name)
        await asAdmin(server, (client) => client.modifyDN(layout.dnOf(person), rdn))
        if (Object.keys(values).length > 0) await setAttributes(server, `${rdn},${peopleBase}`, values)
      },
    },
    // Longer than what is remembered is believed.
    age: async () => clock.pass(61),
    async close() {
      await opened.close()
      await server.remove()
    },
  })
}
