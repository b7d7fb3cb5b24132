/**
 * `--auth ldap`: a private directory server with a few people, as a company has one, and what comes of it: who logs in with the
 * password kept there, who gets a role by a group, and who is refused. The administrator and other accounts of the service stay in
 * its database, in a domain of their own.
 */
import { hash, randomBytes } from 'node:crypto'
import { styleText } from 'node:util'
import { prepareDirectories } from '../../src/auth/bootstrap.ts'
import { loadSettings } from '../../src/config/load.ts'
import type { Service } from '../../src/main.ts'
import { ensureInstalled } from '../programs/packages.ts'
import { saltedPassword, slapdNeeds, startSlapd, type LdifEntry } from '../programs/slapd.ts'
import { knownPassword, type Cloud } from './accounts.ts'
import type { QuickstartOptions } from './options.ts'
import type { Steps } from './say.ts'

/** Name of the domain whose people are in the directory. */
export const labDomain = 'lab'

const suffix = 'dc=lab,dc=example'
const peopleBase = `ou=people,${suffix}`
const groupBase = `ou=groups,${suffix}`
const reader = `cn=manila,${suffix}`

interface Person {
  readonly name: string
  readonly fullName: string
  /** Null: in no group. */
  readonly group: string | null
}

const people: readonly Person[] = [
  { name: 'ada', fullName: 'Ada Adams', group: 'apollo-team' },
  { name: 'bruno', fullName: 'Bruno Berg', group: 'apollo-team' },
  { name: 'chen', fullName: 'Chen Chao', group: 'gemini-readers' },
  { name: 'dora', fullName: 'Dora Dahl', group: null },
]

const groups = [
  { name: 'apollo-team', role: 'member', project: 'apollo' },
  { name: 'gemini-readers', role: 'reader', project: 'gemini' },
] as const

export interface DemoDirectory {
  readonly url: string
  /** For `[auth.domains]`. */
  readonly domains: Readonly<Record<string, unknown>>
  readonly passwordOf: (name: string) => string
  remove(): Promise<void>
}

/** What the quick start goes by while it runs. */
export interface RunOptions extends QuickstartOptions {
  /** With `--auth ldap`. */
  readonly directory?: DemoDirectory
}

/** Starts it; throws a sentence when it can't. It ends with the process, and is the same again at the next start. */
export async function startDemoDirectory(options: QuickstartOptions, told: Steps): Promise<DemoDirectory> {
  return told.step(
    'start a private slapd',
    () => start(options, told),
    ({ url }) => `${url}: ${people.length} people, ${groups.length} groups, in the domain ${labDomain}`,
  )
}

async function start(options: QuickstartOptions, told: Steps): Promise<DemoDirectory> {
  const installed = await ensureInstalled(slapdNeeds, {
    forbid: options.noInstall,
    say: (line) => told.line(line),
  })
  if (!installed.ok) throw new Error(`--auth ldap needs slapd: ${installed.why}`)
  const passwords = new Map(
    people.map(({ name }) => [name, knownPassword(options.dir, cloudOf(name)) ?? newPassword()]),
  )
  const passwordOf = (name: string): string => passwords.get(name) ?? ''
  const own = newPassword()
  const server = await startSlapd({ suffix, entries: entriesWith(passwordOf, own) })
  return {
    url: server.url,
    passwordOf,
    remove: () => server.remove(),
    domains: {
      [labDomain]: {
        backend: 'ldap',
        ldap: {
          preset: 'openldap',
          urls: [server.url],
          bind_dn: reader,
          bind_password: own,
          user_base: peopleBase,
          group_base: groupBase,
          map: groups.map(({ name, role, project }) => ({ group: `cn=${name},${groupBase}`, role, project })),
        },
      },
    },
  }
}

const newPassword = (): string => randomBytes(15).toString('base64url')
const cloudOf = (name: string): string => `manila-${name}`

function entriesWith(passwordOf: (name: string) => string, own: string): LdifEntry[] {
  const all: LdifEntry[] = [
    {
      dn: suffix,
      attributes: { objectClass: ['dcObject', 'organization'], dc: 'lab', o: 'A small laboratory' },
    },
    { dn: peopleBase, attributes: { objectClass: 'organizationalUnit', ou: 'people' } },
    { dn: groupBase, attributes: { objectClass: 'organizationalUnit', ou: 'groups' } },
    {
      dn: reader,
      attributes: {
        objectClass: ['organizationalRole', 'simpleSecurityObject'],
        cn: 'manila',
        userPassword: saltedPassword(own),
      },
    },
    ...people.map(({ name, fullName }) => ({
      dn: `uid=${name},${peopleBase}`,
      attributes: {
        objectClass: 'inetOrgPerson',
        uid: name,
        cn: fullName,
        sn: fullName.split(' ')[1] ?? name,
        mail: `${name}@lab.example`,
        userPassword: saltedPassword(passwordOf(name)),
      },
    })),
    ...groups.map(({ name }) => ({
      dn: `cn=${name},${groupBase}`,
      attributes: {
        objectClass: 'groupOfNames',
        cn: name,
        member: people.filter(({ group }) => group === name).map((one) => `uid=${one.name},${peopleBase}`),
      },
    })),
  ]
  // A server that keeps its entries keeps these, too: who is who must not change from start to start.
  return all.map(({ dn, attributes }) => ({ dn, attributes: { ...attributes, entryUUID: uuidOf(dn) } }))
}

function uuidOf(dn: string): string {
  const hex = hash('sha256', dn, 'hex')
  return [
    hex.slice(0, 8),
    hex.slice(8, 12),
    `4${hex.slice(13, 16)}`,
    `8${hex.slice(17, 20)}`,
    hex.slice(20, 32),
  ].join('-')
}

/** Clouds for those who can log in; the demonstration is Ada's. */
export function directoryClouds(directory: DemoDirectory, url: string): Record<string, Cloud> {
  const clouds = people.flatMap(({ name, group }) => {
    const project = groups.find((one) => one.name === group)?.project
    if (project === undefined) return []
    const auth = {
      auth_url: `${url}/identity/v3`,
      username: name,
      password: directory.passwordOf(name),
      project_name: project,
      user_domain_name: labDomain,
      project_domain_name: labDomain,
    }
    const cloud = { auth, region_name: 'RegionOne', interface: 'public', identity_api_version: '3' }
    return [[cloudOf(name), cloud] as const]
  })
  const [first] = clouds
  return Object.fromEntries([...clouds, ...(first === undefined ? [] : [['manila-demo', first[1]] as const])])
}

/** Makes the domain and its projects; only the first start does. */
export async function makeDirectory(service: Service, directory: DemoDirectory, told: Steps): Promise<void> {
  await told.step(
    `domain ${labDomain} with projects ${groups.map(({ project }) => project).join(' and ')}`,
    () =>
      prepareDirectories(
        service.auth,
        loadSettings({ defaults: { auth: { domains: directory.domains } } }).auth,
      ),
  )
}

/** Shows who gets in and who does not. Throws at the first that is not as promised. */
export async function showDirectory(service: Service, directory: DemoDirectory, told: Steps): Promise<void> {
  told.line(`\n  ${styleText('bold', 'As people of the directory:')}`)
  for (const name of ['ada', 'chen']) {
    const group = groups.find((one) => one.name === people.find((person) => person.name === name)?.group)
    if (group === undefined) continue
    await told.step(
      `${name} logs in with the password of the directory`,
      async () => {
        const { status, roles } = await login(service.url, name, directory.passwordOf(name), group.project)
        if (status !== 201 || !roles.includes(group.role))
          throw new Error(`answered ${status}, roles ${roles.join()}`)
        return roles
      },
      (roles) => `${roles.join(', ')} in ${group.project}, by the group ${group.name}`,
    )
  }
  for (const [title, name, password, project] of [
    ['ada may not enter gemini', 'ada', directory.passwordOf('ada'), 'gemini'],
    ['dora, who is in no group, may enter nothing', 'dora', directory.passwordOf('dora'), 'apollo'],
    ['a stranger is not let in', 'mallory', newPassword(), 'apollo'],
    ['nor is a wrong password', 'ada', newPassword(), 'apollo'],
    ['nor an empty one', 'ada', '', 'apollo'],
  ] as const) {
    await told.step(
      title,
      async () => {
        const { status } = await login(service.url, name, password, project)
        if (status !== 401) throw new Error(`it was answered ${status}`)
        return status
      },
      (status) => `refused (${status})`,
    )
  }
}

async function login(
  url: string,
  name: string,
  password: string,
  project: string,
): Promise<{ status: number; roles: string[] }> {
  const domain = { name: labDomain }
  const body = {
    auth: {
      identity: { methods: ['password'], password: { user: { name, domain, password } } },
      scope: { project: { name: project, domain } },
    },
  }
  const answer = await fetch(`${url}/identity/v3/auth/tokens`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })
  const { token } = (await answer.json()) as { token?: { roles?: { name: string }[] } }
  return { status: answer.status, roles: (token?.roles ?? []).map((role) => role.name).toSorted() }
}
