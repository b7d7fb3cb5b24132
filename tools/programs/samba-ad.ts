/**
 * A private Active Directory: Samba's domain controller, its LDAP service alone, in a network namespace of its own that one virtual
 * cable leads to. Only root can make that.
 */
import { spawnSync } from 'node:child_process'
import { randomBytes, randomInt } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { daemon, daemonWith, homeFor, removeHome, runAs, writeOwned, type Daemon } from './daemon.ts'
import { makeCertificates } from './certificates.ts'
import { hasProgram, type Need } from './packages.ts'

const why = 'as a private Active Directory, where users and groups live'

export const sambaNeeds: readonly Need[] = [
  { program: 'samba', debianPackage: 'samba-ad-dc', why },
  { program: '/usr/share/samba/setup/provision.ldif', debianPackage: 'samba-ad-provision', why },
  { program: '/usr/lib/x86_64-linux-gnu/samba/ldb/samldb.so', debianPackage: 'samba-dsdb-modules', why },
  { program: 'ip', debianPackage: 'iproute2', why: 'puts that in a network of its own' },
  { program: 'ldapsearch', debianPackage: 'ldap-utils', why: 'asks that whether it serves' },
]

/** What this host lacks for one; null when nothing. */
export function sambaObstacle(): string | null {
  const lacking = sambaNeeds.filter(({ program }) => !hasProgram(program))
  if (lacking.length > 0) return lacking.map(({ debianPackage }) => debianPackage).join(', ')
  if (process.getuid?.() !== 0) return 'root'
  return spawnSync('unshare', ['--net', 'true']).status === 0 ? null : 'network namespaces'
}

export interface SambaAd extends Daemon {
  readonly dir: string
  /** `ldaps://address`: passwords are taken over TLS only. */
  readonly url: string
  /** PEM file of the authority that its certificate is of. */
  readonly ca: string
  readonly suffix: string
  readonly admin: { readonly dn: string; readonly password: string }
  remove(): Promise<void>
}

/** Makes a domain and starts it; throws what it said when it can't. About fifteen seconds. */
export async function startSambaAd(): Promise<SambaAd> {
  const dir = homeFor('root', 'samba-')
  const password = `A1-${randomBytes(12).toString('hex')}`
  const network = await makeNetwork()
  try {
    const made = await makeCertificates(dir, [`IP:${network.there}`])
    const home = join(dir, 'd')
    await runAs('root', [
      'samba-tool',
      'domain',
      'provision',
      '--realm=LAB.TEST',
      '--domain=LAB',
      '--server-role=dc',
      '--dns-backend=NONE',
      '--host-name=dc1',
      `--host-ip=${network.there}`,
      `--targetdir=${home}`,
      `--adminpass=${password}`,
    ])
    const file = join(home, 'etc', 'smb.conf')
    // Private servers take whatever password a test gives.
    const rules = ['--complexity=off', '--min-pwd-length=1', '--history-length=0', '--min-pwd-age=0']
    await runAs('root', ['samba-tool', 'domain', 'passwordsettings', 'set', `--configfile=${file}`, ...rules])
    const key = writeOwned(dir, 'own.key', readFileSync(made.key))
    const options = [
      'server services = ldap',
      `interfaces = lo ${network.cable}`,
      'bind interfaces only = yes',
      `log file = ${join(dir, 'samba.log')}`,
      `tls certfile = ${made.cert}`,
      `tls keyfile = ${key}`,
      `tls cafile = ${made.ca}`,
      // An hour otherwise.
      'old password allowed period = 0',
    ].map((option) => `--option=${option}`)
    const url = `ldaps://${network.there}`
    const suffix = 'DC=lab,DC=test'
    const admin = { dn: `CN=Administrator,CN=Users,${suffix}`, password }
    const ask = [
      'ldapsearch',
      '-x',
      '-H',
      url,
      '-D',
      admin.dn,
      '-w',
      password,
      '-b',
      suffix,
      '-s',
      'base',
      'dn',
    ]
    const server = daemon({
      name: 'samba',
      account: 'root',
      command: ['ip', 'netns', 'exec', network.name, 'samba', '-i', '-M', 'single', '-s', file, ...options],
      logFile: join(dir, 'log'),
      endSignal: 'SIGTERM',
      probe: ['env', `LDAPTLS_CACERT=${made.ca}`, ...ask],
    })
    await server.start()
    return daemonWith(server, {
      dir,
      url,
      ca: made.ca,
      suffix,
      admin,
      async remove() {
        await server.stop()
        await network.remove()
        removeHome(dir)
      },
    })
  } catch (error) {
    await network.remove()
    removeHome(dir)
    throw error
  }
}

interface Network {
  readonly name: string
  /** Its end of the cable. */
  readonly cable: string
  readonly there: string
  remove(): Promise<void>
}

async function makeNetwork(): Promise<Network> {
  const id = randomBytes(4).toString('hex')
  const name = `mad-${id}`
  const [outer, cable] = [`mado${id}`, `madi${id}`]
  const third = randomInt(256)
  const [here, there] = [`10.213.${third}.1`, `10.213.${third}.2`]
  const ip = (...args: string[]): Promise<void> => runAs('root', ['ip', ...args])
  await ip('netns', 'add', name)
  const remove = async (): Promise<void> => {
    // The cable goes with the namespace that one of its ends is in.
    if (existsSync(`/run/netns/${name}`)) await ip('netns', 'del', name)
  }
  try {
    await ip('link', 'add', outer, 'type', 'veth', 'peer', 'name', cable, 'netns', name)
    await ip('addr', 'add', `${here}/30`, 'dev', outer)
    await ip('link', 'set', outer, 'up')
    await ip('-n', name, 'addr', 'add', `${there}/30`, 'dev', cable)
    await ip('-n', name, 'link', 'set', cable, 'up')
    await ip('-n', name, 'link', 'set', 'lo', 'up')
  } catch (error) {
    await remove()
    throw error
  }
  return { name, cable, there, remove }
}
