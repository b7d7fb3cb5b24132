/** The suite on a real Active Directory: Samba's domain controller, over LDAPS, with the preset's defaults as they are. */
import { readFileSync } from 'node:fs'
import { Attribute, Change, Client } from 'ldapts'
import { describe } from 'vitest'
import { sambaObstacle, startSambaAd, type SambaAd } from '../../tools/programs/samba-ad.ts'
import { faceWorld, grantHeld } from './face-world.ts'
import { corp, openAuth } from './ldap-world.ts'
import { authSuite, groups, held, passwordOf, people, type AuthWorld } from './suite.ts'

const obstacle = sambaObstacle()
const lacks = obstacle === null ? '' : `, which this machine can't run for want of ${obstacle}`

/** As Active Directory takes a password: in quotes, two bytes a letter. */
const unicodePwd = (password: string): Buffer => Buffer.from(`"${password}"`, 'utf16le')

async function sambaWorld(): Promise<AuthWorld> {
  const server = await startSambaAd()
  const { suffix } = server
  const peopleBase = `OU=people,${suffix}`
  const groupBase = `OU=groups,${suffix}`
  const dnOf = (name: string): string => `CN=${name},${peopleBase}`
  const asAdmin = <T>(work: (client: Client) => Promise<T>): Promise<T> => withClient(server, work)
  const set = (dn: string, type: string, value: string | Buffer): Promise<void> => {
    const values = Buffer.isBuffer(value) ? [value] : [value]
    const modification = new Attribute({ type, values: values as string[] })
    return asAdmin((client) => client.modify(dn, new Change({ operation: 'replace', modification })))
  }

  await asAdmin(async (client) => {
    await client.add(peopleBase, { objectClass: 'organizationalUnit' })
    await client.add(groupBase, { objectClass: 'organizationalUnit' })
    for (const name of [...people, 'reader']) {
      await client.add(dnOf(name), [
        new Attribute({ type: 'objectClass', values: ['user'] }),
        new Attribute({ type: 'sAMAccountName', values: [name] }),
        new Attribute({ type: 'userAccountControl', values: [name === 'dave' ? '514' : '512'] }),
        new Attribute({ type: 'unicodePwd', values: [unicodePwd(passwordOf(name))] }),
      ])
    }
    // Oscar is in blue-team by way of two groups that contain each other.
    for (const name of [...groups, 'inner']) {
      await client.add(`CN=${name},${groupBase}`, { objectClass: 'group', sAMAccountName: name })
    }
    const join = (group: string, dn: string): Promise<void> =>
      client.modify(
        `CN=${group},${groupBase}`,
        new Change({ operation: 'add', modification: new Attribute({ type: 'member', values: [dn] }) }),
      )
    for (const { person, through } of held) {
      if (through !== null) await join(person === 'oscar' ? 'inner' : through, dnOf(person))
    }
    await join('blue-team', `CN=inner,${groupBase}`)
    await join('inner', `CN=blue-team,${groupBase}`)
    // Bob's is the primary one, of which he is no listed member any more.
    const { searchEntries } = await client.search(`CN=blue-team,${groupBase}`, {
      scope: 'base',
      attributes: ['objectSid'],
      explicitBufferAttributes: ['objectSid'],
    })
    const sid = searchEntries[0]?.objectSid as Buffer
    const modification = new Attribute({
      type: 'primaryGroupID',
      values: [String(sid.readUInt32LE(sid.length - 4))],
    })
    await client.modify(dnOf('bob'), new Change({ operation: 'replace', modification }))
  })

  const opened = await openAuth({
    preset: 'active-directory',
    urls: [server.url],
    ca_file: server.ca,
    bind_dn: dnOf('reader'),
    bind_password: passwordOf('reader'),
    user_base: peopleBase,
    group_base: groupBase,
    // On two processors beside everything else.
    timeout_s: 10,
  })
  await grantHeld(opened.auth, corp, 'assigned')
  return faceWorld({
    auth: opened.auth,
    domainId: corp,
    administrator: {
      disable: (person) => set(dnOf(person), 'userAccountControl', '514'),
      remove: (person) => asAdmin((client) => client.del(dnOf(person))),
      leave: (person, group) =>
        asAdmin((client) =>
          client.modify(
            `CN=${person === 'oscar' ? 'inner' : group},${groupBase}`,
            new Change({
              operation: 'delete',
              modification: new Attribute({ type: 'member', values: [dnOf(person)] }),
            }),
          ),
        ),
      setPassword: (person, password) => set(dnOf(person), 'unicodePwd', unicodePwd(password)),
      async rename(person, name) {
        await asAdmin((client) => client.modifyDN(dnOf(person), `CN=${name}`))
        await set(dnOf(name), 'sAMAccountName', name)
      },
    },
    age: async () => opened.clock.pass(61),
    async close() {
      await opened.close()
      await server.remove()
    },
  })
}

async function withClient<T>(server: SambaAd, work: (client: Client) => Promise<T>): Promise<T> {
  const client = new Client({
    url: server.url,
    timeout: 60_000,
    tlsOptions: { ca: [readFileSync(server.ca)] },
  })
  await client.bind(server.admin.dn, server.admin.password)
  try {
    return await work(client)
  } finally {
    await client.unbind()
  }
}

describe.skipIf(obstacle !== null)(`on Samba's domain controller (samba-ad-dc, root)${lacks}`, () => {
  authSuite('Active Directory, by Samba in a namespace of its own', sambaWorld)
})
