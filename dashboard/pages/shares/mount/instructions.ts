/** How a share is mounted on each system: what to install, what to type or write, how to check. Pure; words are the page's. */
import { command } from '../../../ui/shell-quote.ts'
import { inBrackets, plainName, sourceOf, type ExportPath } from './export-path.ts'
import { kubernetes } from './kubernetes.ts'
import {
  userPlaceholder,
  type Instructions,
  type Mounted,
  type MountNote,
  type MountSystem,
  type Snippet,
} from './mounted.ts'
import { fstabField, isUntypable, powerShell, unitName, unitValue } from './quoting.ts'

export function instructionsFor(system: MountSystem, mounted: Mounted): Instructions {
  const { protocol } = mounted.at
  const named = protocol !== 'NFS'
  // A comma ends an option, and nothing escapes one.
  const user =
    mounted.user === null || /[,\s"]/.test(mounted.user) || isUntypable(mounted.user) ? null : mounted.user
  const { snippets, notes } = systems[system]({ ...mounted, user })
  return {
    snippets,
    notes: [...notes, ...(named && user === null && snippets.length > 0 ? ['user-unknown' as const] : [])],
  }
}

const only = (...notes: readonly MountNote[]): Instructions => ({ snippets: [], notes })
const these = (snippets: readonly Snippet[], ...notes: readonly MountNote[]): Instructions => ({
  snippets,
  notes,
})

const packages = {
  NFS: ['nfs-common', 'nfs-utils', 'nfs-client'],
  CIFS: ['cifs-utils'],
  CEPHFS: ['ceph-common'],
}
const types = { NFS: 'nfs', CIFS: 'cifs', CEPHFS: 'ceph' }

function installed({ protocol }: ExportPath): readonly Snippet[] {
  const [debian = '', redhat = debian, suse = debian] = packages[protocol]
  return [
    { says: 'install-debian', text: command('sudo', 'apt', 'install', debian) },
    { says: 'install-redhat', text: command('sudo', 'dnf', 'install', redhat) },
    { says: 'install-suse', text: command('sudo', 'zypper', 'install', suse) },
  ]
}

const folderOf = ({ name, id }: Mounted): string => `/mnt/${plainName(name, id)}`
const secretFile = (mounted: Mounted): string =>
  mounted.at.protocol === 'CIFS'
    ? `/etc/samba/${plainName(mounted.name, mounted.id)}.credentials`
    : `/etc/ceph/${plainName(mounted.name, mounted.id)}.secret`

/** What a mount that nobody watches needs to know of its user, and the file that holds the secret. */
function secret(mounted: Mounted): {
  readonly options: readonly string[]
  readonly snippets: readonly Snippet[]
} {
  const { at, user } = mounted
  const who = user ?? userPlaceholder
  const file = secretFile(mounted)
  switch (at.protocol) {
    case 'NFS':
      return { options: [], snippets: [] }
    case 'CIFS':
      return {
        options: [`credentials=${file}`],
        snippets: [{ says: 'credentials', file, text: `username=${who}\npassword=PASSWORD\n` }],
      }
    case 'CEPHFS':
      return {
        options: [`name=${who}`, `secretfile=${file}`],
        snippets: [{ says: 'secret', file, text: 'KEY\n' }],
      }
  }
}

function linux(mounted: Mounted): Instructions {
  const { at, user, isReadOnly } = mounted
  const folder = folderOf(mounted)
  const { options, snippets } = secret(mounted)
  const asked = at.protocol === 'CIFS' ? [`username=${user ?? userPlaceholder}`] : options
  const all = [...asked, ...(isReadOnly ? ['ro'] : [])]
  return these([
    ...installed(at),
    ...(at.protocol === 'CEPHFS' ? snippets : []),
    { says: 'folder', text: command('sudo', 'mkdir', '-p', folder) },
    {
      says: 'mount',
      text: command(
        'sudo',
        'mount',
        '-t',
        types[at.protocol],
        all.length === 0 ? null : ['-o', all.join(',')],
        sourceOf(at),
        folder,
      ),
    },
    { says: 'check', text: command('df', '-h', folder) },
    { says: 'end', text: command('sudo', 'umount', folder) },
  ])
}

function macos(mounted: Mounted): Instructions {
  const { at, user, isReadOnly } = mounted
  const folder = `/Volumes/${plainName(mounted.name, mounted.id)}`
  if (at.protocol === 'CEPHFS') return only('no-macos-cephfs')
  const source =
    at.protocol === 'NFS'
      ? sourceOf(at)
      : `//${encodeURIComponent(user ?? userPlaceholder)}@${inBrackets(at.server)}/${at.path.split('/').map(encodeURIComponent).join('/')}`
  const options = [...(at.protocol === 'NFS' ? ['vers=4'] : []), ...(isReadOnly ? ['ro'] : [])]
  return these([
    { says: 'folder', text: command('sudo', 'mkdir', '-p', folder) },
    {
      says: 'mount',
      text: command(
        'sudo',
        'mount',
        '-t',
        at.protocol === 'NFS' ? 'nfs' : 'smbfs',
        options.length === 0 ? null : ['-o', options.join(',')],
        source,
        folder,
      ),
    },
    { says: 'check', text: command('df', '-h', folder) },
    { says: 'end', text: command('sudo', 'umount', folder) },
  ])
}

function windows({ at, user }: Mounted): Instructions {
  if (at.protocol === 'CEPHFS') return only('no-windows-cephfs')
  const unc = `\\\\${uncServer(at.server)}\\${at.path.replace(/^\//, '').replaceAll('/', '\\')}`
  // Windows can't hand a double quote to a program.
  if (isUntypable(unc) || unc.includes('"')) return only('not-writable')
  if (at.protocol === 'NFS') {
    return these(
      [
        {
          says: 'install-windows-nfs',
          text: 'Enable-WindowsOptionalFeature -Online -All -FeatureName ServicesForNFS-ClientOnly, ClientForNFS-Infrastructure',
        },
        { says: 'mount', text: `mount.exe -o anon ${powerShell(unc)} Z:` },
        { says: 'check', text: 'Get-PSDrive Z' },
        { says: 'end', text: 'umount.exe Z:' },
      ],
      'windows-nfs-3',
    )
  }
  return these([
    {
      says: 'mount',
      text: `net.exe use Z: ${powerShell(unc)} ${powerShell('*')} ${powerShell(`/user:${user ?? userPlaceholder}`)} /persistent:yes`,
    },
    { says: 'check', text: 'Get-PSDrive Z' },
    { says: 'end', text: 'net.exe use Z: /delete' },
  ])
}

/** An IPv6 address as a name that Windows reads in such a path. */
const uncServer = (server: string): string =>
  server.includes(':') ? `${server.replaceAll(':', '-').replace('%', 's')}.ipv6-literal.net` : server

function fstab(mounted: Mounted): Instructions {
  const { at, isReadOnly } = mounted
  const folder = folderOf(mounted)
  const { options, snippets } = secret(mounted)
  const all = [isReadOnly ? 'ro' : 'rw', ...options, '_netdev', 'nofail']
  const line = [
    fstabField(sourceOf(at)),
    fstabField(folder),
    types[at.protocol],
    fstabField(all.join(',')),
    '0',
    '0',
  ]
  return these([
    ...installed(at),
    ...snippets,
    { says: 'folder', text: command('sudo', 'mkdir', '-p', folder) },
    { says: 'line', file: '/etc/fstab', text: `${line.join(' ')}\n` },
    { says: 'enable', text: command('sudo', 'mount', folder) },
    { says: 'check', text: command('df', '-h', folder) },
  ])
}

function systemd(mounted: Mounted): Instructions {
  const { at, isReadOnly } = mounted
  const folder = folderOf(mounted)
  const unit = unitName(folder)
  const { options, snippets } = secret(mounted)
  const what = unitValue(sourceOf(at))
  const mountOptions = unitValue([isReadOnly ? 'ro' : 'rw', ...options, '_netdev'].join(','))
  if (what === null || mountOptions === null) return only('not-writable')
  const mount = `[Unit]\nDescription=${plainName(mounted.name, mounted.id)}\nWants=network-online.target\nAfter=network-online.target\n\n[Mount]\nWhat=${what}\nWhere=${folder}\nType=${types[at.protocol]}\nOptions=${mountOptions}\n`
  const auto = `[Unit]\nDescription=${plainName(mounted.name, mounted.id)} when it is used\n\n[Automount]\nWhere=${folder}\nTimeoutIdleSec=600\n\n[Install]\nWantedBy=multi-user.target\n`
  return these([
    ...installed(at),
    ...snippets,
    { says: 'mount-unit', file: `/etc/systemd/system/${unit}.mount`, text: mount },
    { says: 'automount-unit', file: `/etc/systemd/system/${unit}.automount`, text: auto },
    {
      says: 'enable',
      text: `${command('sudo', 'systemctl', 'daemon-reload')} && ${command('sudo', 'systemctl', 'enable', '--now', `${unit}.automount`)}`,
    },
    { says: 'check', text: command('df', '-h', folder) },
  ])
}

const systems: Readonly<Record<MountSystem, (mounted: Mounted) => Instructions>> = {
  linux,
  macos,
  windows,
  fstab,
  systemd,
  kubernetes,
}
