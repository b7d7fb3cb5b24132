/** `identity export`: people for a directory, or everything for a Keystone. */
import { parseDn } from '../../auth/backends/ldap/dn.ts'
import { allGroups, allUsers } from '../export/everything.ts'
import { ldifOf } from '../export/ldif.ts'
import { commandsFor } from '../export/openstack.ts'
import { Usage, type Answer, type Call, type Verb } from '../verb.ts'
import { onAccounts, said } from './common.ts'
import { isDirectoryOf } from './import.ts'
import { domainOf } from './lookup.ts'

export const identityExport: Verb = {
  name: 'identity export',
  summary: 'write users, groups, projects and roles for a directory or a Keystone',
  help: `--to-ldif FILE --domain D --base DN writes users and groups of the domain as entries below ou=people and ou=groups of that DN, for ldapadd -c.
Disabled users are left out, because a directory has no lock that all understand; they are counted.

--to-openstack FILE writes commands of the stock client, which make domains, projects, users, groups, roles and assignments in a Keystone; run
again they change nothing. Keystone gives new projects ids of its own: the id here is written above each. Projects that came from that Keystone
are there already and keep theirs. Users and groups of a domain in a directory are left to that directory.

Passwords are never written: everybody needs a new one. FILE is made or replaced, and is its owner's only.`,
  options: [
    { name: 'to-ldif', value: 'FILE', help: 'entries for a directory' },
    { name: 'domain', value: 'D', help: 'whose users, by name or id' },
    { name: 'base', value: 'DN', help: 'where the entries go' },
    { name: 'to-openstack', value: 'FILE', help: 'commands for a Keystone' },
  ],
  run(call) {
    const { 'to-ldif': ldif, 'to-openstack': openstack } = call.options
    if ((ldif === undefined) === (openstack === undefined)) {
      throw new Usage('identity export needs one of --to-ldif and --to-openstack')
    }
    return ldif === undefined ? toOpenstack(call, openstack ?? '') : toLdif(call, ldif)
  },
}

async function toLdif(call: Call, file: string): Promise<Answer> {
  const { domain, base } = call.options
  if (domain === undefined || base === undefined) {
    throw new Usage('identity export --to-ldif needs --domain and --base')
  }
  const dn = parseDn(base)
  if (dn === null || dn.length === 0) throw new Usage('--base is no DN')
  return onAccounts(call, async (auth) => {
    const { id, name } = await domainOf(auth, domain)
    const all = await allUsers(auth, id)
    const users = all.filter((user) => user.enabled)
    const groups = []
    for (const group of await allGroups(auth, id)) {
      groups.push({ group, memberIds: await auth.directory.users.memberIdsOf(group.id) })
    }
    call.world.write(file, ldifOf({ users, groups }, base))
    const data = {
      file,
      domain: name,
      users: users.length,
      groups: groups.length,
      disabled: all.length - users.length,
    }
    return said(
      `${file}: ${data.users} users and ${data.groups} groups of ${name}; ${data.disabled} disabled users were left out`,
      data,
    )
  })
}

function toOpenstack(call: Call, file: string): Promise<Answer> {
  const { domain, base } = call.options
  if (domain !== undefined || base !== undefined) throw new Usage('--domain and --base go with --to-ldif')
  return onAccounts(call, async (auth) => {
    const { lines, counts } = await commandsFor(auth, isDirectoryOf(call.settings()))
    call.world.write(file, `#!/bin/sh\n${lines.join('\n')}\n`)
    const words = Object.entries(counts).map(([kind, count]) => `${count} of ${kind}`)
    return said(`${file}: commands for ${words.join(', ')}`, { file, counts })
  })
}
