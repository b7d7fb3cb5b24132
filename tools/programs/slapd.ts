/** A private OpenLDAP server: own directory, free ports of the loopback interface, LDAPS and StartTLS where it gets a certificate. */
import { createHash, randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { freePorts } from '../../src/exec/free-port.ts'
import { daemon, daemonWith, homeFor, removeHome, runAs, writeOwned, type Daemon } from './daemon.ts'
import { hasProgram, type Need } from './packages.ts'

const account = 'openldap'

export const slapdNeeds: readonly Need[] = [
  { program: 'slapd', debianPackage: 'slapd', why: 'as a private LDAP server, where users and groups live' },
  { program: 'ldapwhoami', debianPackage: 'ldap-utils', why: 'asks that server whether it serves' },
]

export const hasSlapd = (): boolean => slapdNeeds.every(({ program }) => hasProgram(program))

/** Attributes of one entry; its `dn` stands apart. */
export interface LdifEntry {
  readonly dn: string
  readonly attributes: Readonly<Record<string, string | readonly string[]>>
}

export interface SlapdOptions {
  readonly suffix: string
  readonly entries: readonly LdifEntry[]
  /** Of Debian's, without their ending, after core, cosine, inetorgperson and nis. */
  readonly schemas?: readonly string[]
  /** Lines of schema after those. */
  readonly definitions?: readonly string[]
  /** Lines for slapd.conf within the database; by default who is bound reads all but passwords, and nobody else anything. */
  readonly access?: readonly string[]
  /** PEM files. With `ca` clients may show a certificate of it. */
  readonly tls?: { readonly cert: string; readonly key: string; readonly ca?: string }
  /** Further lines within the database: overlays, limits. */
  readonly settings?: readonly string[]
  readonly modules?: readonly string[]
  /** Taken when given: a server that comes back where another one was. */
  readonly port?: number
}

export interface Slapd extends Daemon {
  readonly dir: string
  readonly port: number
  /** `ldap://127.0.0.1:port`. */
  readonly url: string
  readonly ldapsUrl: string
  /** Who may do everything. */
  readonly admin: { readonly dn: string; readonly password: string }
  /** Stops it and removes everything it wrote. */
  remove(): Promise<void>
}

/** Loads the entries and starts one; throws what it wrote to its log when it can't. About half a second. */
export async function startSlapd(options: SlapdOptions): Promise<Slapd> {
  if (!hasSlapd()) throw new Error('slapd and ldap-utils are not installed')
  const dir = homeFor(account, 'slapd-')
  const [free = 0, tlsPort = 0] = await freePorts(2)
  const port = options.port ?? free
  const admin = { dn: `cn=admin,${options.suffix}`, password: randomBytes(12).toString('hex') }
  // What is not its own may not be there: mdb makes its files in a folder that exists.
  await runAs(account, ['mkdir', join(dir, 'db')])
  const tls = options.tls === undefined ? [] : tlsSettings(dir, options.tls)
  const schemas = ['core', 'cosine', 'inetorgperson', 'nis', ...(options.schemas ?? [])]
  const settings = [
    ...schemas.map((name) => `include /etc/ldap/schema/${name}.schema`),
    ...(options.definitions ?? []),
    'modulepath /usr/lib/ldap',
    ...['back_mdb', ...(options.modules ?? [])].map((name) => `moduleload ${name}`),
    `pidfile ${join(dir, 'pid')}`,
    `argsfile ${join(dir, 'args')}`,
    // The threads of sixteen, on a machine that has two processors.
    'threads 4',
    ...tls,
    'database mdb',
    'maxsize 268435456',
    // What a killed server wrote is in the page cache.
    'dbnosync',
    `suffix "${options.suffix}"`,
    `rootdn "${admin.dn}"`,
    `rootpw ${admin.password}`,
    `directory ${join(dir, 'db')}`,
    'index objectClass,uid,cn,member,memberUid,uidNumber,gidNumber,entryUUID eq',
    ...(options.access ?? [
      'access to attrs=userPassword by self write by anonymous auth by * none',
      'access to * by users read by * none',
    ]),
    ...(options.settings ?? []),
  ]
  const file = writeOwned(dir, 'slapd.conf', `${settings.join('\n')}\n`)
  const ldif = writeOwned(dir, 'base.ldif', ldifOf(options.entries))
  try {
    await runAs(account, ['slapadd', '-q', '-f', file, '-l', ldif])
  } catch (error) {
    removeHome(dir)
    throw error
  }
  const url = `ldap://127.0.0.1:${port}`
  const ldapsUrl = `ldaps://127.0.0.1:${tlsPort}`
  // Asked through a socket whether it serves: one that takes passwords over TLS only takes them there, too.
  const ldapi = `ldapi://${encodeURIComponent(join(dir, 'ldapi'))}`
  const listen = [url, ldapi, ...(options.tls === undefined ? [] : [ldapsUrl])].join(' ')
  const server = daemon({
    name: 'slapd',
    account,
    command: ['/usr/sbin/slapd', '-d', '0', '-f', file, '-h', listen],
    logFile: join(dir, 'log'),
    endSignal: 'SIGTERM',
    probe: ['ldapwhoami', '-x', '-H', ldapi, '-D', admin.dn, '-w', admin.password],
  })
  await server.start().catch((error: unknown) => {
    removeHome(dir)
    throw error
  })
  return daemonWith(server, {
    dir,
    port,
    url,
    ldapsUrl,
    admin,
    async remove() {
      await server.stop()
      removeHome(dir)
    },
  })
}

function tlsSettings(dir: string, { cert, key, ca }: NonNullable<SlapdOptions['tls']>): string[] {
  const own = (name: string, from: string): string => writeOwned(dir, name, readFileSync(from))
  return [
    `TLSCertificateFile ${own('server.pem', cert)}`,
    `TLSCertificateKeyFile ${own('server.key', key)}`,
    ...(ca === undefined ? [] : [`TLSCACertificateFile ${own('ca.pem', ca)}`, 'TLSVerifyClient try']),
  ]
}

/** Values are written in base64, so that none is taken for syntax. `base64:…` is bytes, in base64 already. */
export function ldifOf(entries: readonly LdifEntry[]): string {
  const line = (name: string, value: string): string =>
    value.startsWith('base64:')
      ? `${name}:: ${value.slice('base64:'.length)}`
      : `${name}:: ${Buffer.from(value).toString('base64')}`
  return entries
    .map(({ dn, attributes }) =>
      [
        line('dn', dn),
        ...Object.entries(attributes).flatMap(([name, values]) =>
          (typeof values === 'string' ? [values] : values).map((value) => line(name, value)),
        ),
        '',
      ].join('\n'),
    )
    .join('\n')
}

/** As a `userPassword` that shows nobody the password: salted SHA-1, which every OpenLDAP knows. For private servers only. */
export function saltedPassword(password: string): string {
  const salt = randomBytes(8)
  const hash = createHash('sha1').update(password).update(salt).digest()
  return `{SSHA}${Buffer.concat([hash, salt]).toString('base64')}`
}
