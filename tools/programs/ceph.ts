/**
 * A private Ceph on loopback: one monitor, one manager, one OSD, one metadata server, one CephFS, cephx everywhere. For
 * tests and for trying the service on one machine; it keeps one copy of everything and is no place for data.
 *
 * It promises free ports, everything below one directory, and that the daemons end with this process. It refuses to
 * know who uses the file system.
 */
import { spawn } from 'node:child_process'
import { randomBytes, randomUUID } from 'node:crypto'
import { mkdirSync, openSync, closeSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { localExec } from '../../src/exec/local.ts'
import { freePort } from '../../src/exec/free-port.ts'
import type { ChildProcess } from 'node:child_process'
import type { RunOptions } from '../../src/exec/exec.ts'
import type { Need } from './packages.ts'

/** What the cluster needs of the host. */
export const cephNeeds: readonly Need[] = [
  { program: 'ceph-mon', debianPackage: 'ceph-mon', why: 'the monitor of a private Ceph' },
  { program: 'ceph-mgr', debianPackage: 'ceph-mgr', why: 'makes and sizes CephFS subvolumes' },
  { program: 'ceph-osd', debianPackage: 'ceph-osd', why: 'keeps the bytes of a private Ceph' },
  { program: 'ceph-mds', debianPackage: 'ceph-mds', why: 'serves CephFS' },
  { program: 'ceph', debianPackage: 'ceph-common', why: 'makes the pools, the file system and keys' },
]

/** What mounts CephFS in tests, and lets NFS-Ganesha serve it. */
export const cephClientNeeds: readonly Need[] = [
  { program: 'ceph-fuse', debianPackage: 'ceph-fuse', why: 'mounts CephFS with a key, as a tenant does' },
  {
    program: '/usr/lib/x86_64-linux-gnu/ganesha/libfsalceph.so',
    debianPackage: 'nfs-ganesha-ceph',
    why: 'lets the NFS server export CephFS',
  },
]

export interface CephOptions {
  /** Absolute, empty or absent; short, because a Unix socket's path may have 107 bytes. */
  readonly dir: string
  /** `memstore` keeps objects in memory, `bluestore` in a sparse file. Default `memstore`. */
  readonly objectStore?: 'memstore' | 'bluestore'
  /** Bytes the OSD offers. Default 8 GiB; memory is used only for what is written. */
  readonly sizeBytes?: number
}

export interface Ceph {
  readonly confFile: string
  readonly dir: string
  /** Name of the CephFS. */
  readonly filesystem: string
  readonly dataPool: string
  /** `127.0.0.1:port` of the monitor, msgr v2. */
  readonly monitors: readonly string[]
  /** Process ids by daemon: `mon`, `mgr`, `osd`, `mds`. */
  readonly pids: Readonly<Record<string, number>>
  /** Runs the `ceph` program as administrator and answers what it printed. Throws ExecError. */
  ceph(args: readonly string[], options?: Partial<RunOptions>): Promise<string>
  /** Makes a user with these capabilities (`['mon', 'allow r', …]`) and answers the file with its key. */
  user(id: string, caps: readonly string[]): Promise<string>
  /** Ends the daemons; when it settles none is left. The directory stays. */
  stop(): Promise<void>
}

const filesystem = 'cephfs'
const [metadataPool, dataPool] = ['cephfs_meta', 'cephfs_data']
const gib = 1024 ** 3
/** How long each daemon may take to come up; on an idle machine all together take 11 s. */
const startMs = 90_000
const stopMs = 8000

/** Starts a cluster and waits until CephFS answers; what was started is ended again when that fails. */
export async function startCeph(options: CephOptions): Promise<Ceph> {
  const { dir } = options
  for (const name of ['mon', 'mgr', 'osd', 'mds', 'run', 'log'])
    mkdirSync(join(dir, name), { recursive: true, mode: 0o700 })
  const [v2, v1] = [await freePort(), await freePort()]
  const confFile = join(dir, 'ceph.conf')
  const fsid = randomUUID()
  writeFileSync(confFile, configuration(options, fsid, v2, v1), { mode: 0o600 })
  const exec = localExec()
  const run = async (argv: readonly string[], given: Partial<RunOptions> = {}): Promise<string> =>
    (await exec.run(argv, { deadlineMs: startMs, env: { CEPH_CONF: confFile }, ...given })).stdout
  const ceph = (args: readonly string[], given: Partial<RunOptions> = {}) => run(['ceph', ...args], given)
  const daemons = new Map<string, ChildProcess>()
  const start = (name: string, argv: readonly string[]) =>
    daemons.set(name, daemon(dir, confFile, name, argv))
  const stop = () => endAll([...daemons.values()].toReversed(), dir)
  const keyring = (name: string) => join(dir, `${name}.keyring`)
  const entry = (name: string, key: string, caps: string) =>
    writeFileSync(keyring(name), `[${name}]\n\tkey = ${key}\n${caps}`, { mode: 0o600 })

  try {
    const all = ['mon', 'osd', 'mds', 'mgr'].map((to) => `\tcaps ${to} = "allow *"\n`).join('')
    const adminKey = newKey()
    entry('client.admin', adminKey, all)
    entry('mon.', newKey(), '\tcaps mon = "allow *"\n')
    await run(['ceph-authtool', keyring('mon.'), '--import-keyring', keyring('client.admin')])
    await run(['cp', keyring('mon.'), keyring('mon.a')])
    const map = join(dir, 'monmap')
    const addresses = `[v2:127.0.0.1:${v2},v1:127.0.0.1:${v1}]`
    await run(['monmaptool', '--create', '--addv', 'a', addresses, '--fsid', fsid, map])
    await run(['ceph-mon', '--mkfs', '-i', 'a', '--monmap', map, '--keyring', keyring('mon.')])
    start('mon', ['ceph-mon', '-i', 'a', '--public-addr', `127.0.0.1:${v2}`])
    // The first word with the monitor waits until it has a quorum.
    const user = async (name: string, caps: readonly string[]): Promise<string> => {
      writeFileSync(keyring(name), await ceph(['auth', 'get-or-create', name, ...caps]), { mode: 0o600 })
      return keyring(name)
    }
    const osdUuid = randomUUID()
    const [, osdId] = await Promise.all([
      user('mgr.x', ['mon', 'allow profile mgr', 'osd', 'allow *', 'mds', 'allow *']),
      ceph(['osd', 'new', osdUuid]).then((id) => id.trim()),
      user('mds.a', ['mon', 'profile mds', 'mgr', 'profile mds', 'mds', 'allow *', 'osd', 'allow *']),
    ])
    // In the foreground: a manager that became a daemon writes to a closed stream and fails `subvolume authorize`.
    start('mgr', ['ceph-mgr', '-i', 'x'])
    await user(`osd.${osdId}`, ['osd', 'allow *', 'mon', 'allow profile osd', 'mgr', 'allow profile osd'])
    await run(['ceph-osd', '-i', osdId, '--mkfs', '--osd-uuid', osdUuid])
    start('osd', ['ceph-osd', '-i', osdId])
    start('mds', ['ceph-mds', '-i', 'a'])
    await Promise.all([metadataPool, dataPool].map((pool) => ceph(['osd', 'pool', 'create', pool, '8'])))
    // `fs volume create` would want an orchestrator to start the metadata server.
    await ceph(['fs', 'new', filesystem, metadataPool, dataPool])
    const end = performance.now() + startMs
    await until(end, 'the metadata server', async () => (await ceph(['mds', 'stat'])).includes('active'))
    await until(end, 'the volumes module', async () => {
      await ceph(['fs', 'subvolume', 'ls', filesystem], { deadlineMs: 5000 })
      return true
    })
    const pids = Object.fromEntries([...daemons].map(([name, child]) => [name, child.pid ?? 0]))
    writeFileSync(join(dir, 'pids.json'), JSON.stringify(pids))
    return {
      confFile,
      dir,
      filesystem,
      dataPool,
      monitors: [`127.0.0.1:${v2}`],
      pids,
      ceph,
      user: (id, caps) => user(`client.${id}`, caps),
      stop,
    }
  } catch (error) {
    await stop()
    throw error
  }
}

/** One daemon in the foreground, killed by the kernel when this process ends. */
function daemon(dir: string, confFile: string, name: string, argv: readonly string[]): ChildProcess {
  const out = openSync(join(dir, 'log', `${name}.out`), 'a', 0o600)
  const mortal = ['--pdeathsig', 'KILL', '--', ...argv, '-f']
  const env = { PATH: process.env['PATH'], LANG: 'C', CEPH_CONF: confFile }
  const child = spawn('setpriv', mortal, { env, stdio: ['ignore', out, out], detached: true })
  child.on('error', () => undefined)
  child.unref()
  closeSync(out)
  return child
}

/** Asks each in turn, insists on those that are deaf, and sweeps the sockets that every client leaves. */
async function endAll(children: readonly ChildProcess[], dir: string): Promise<void> {
  await Promise.all(
    children.map(async (child) => {
      const gone = () => child.exitCode !== null || child.signalCode !== null || child.pid === undefined
      const end = performance.now() + stopMs
      if (!gone()) child.kill('SIGTERM')
      while (!gone() && performance.now() < end) await sleep(20)
      if (!gone()) child.kill('SIGKILL')
      while (!gone()) await sleep(20)
    }),
  )
  const run = join(dir, 'run')
  for (const name of readdirSync(run)) if (name.endsWith('.asok')) rmSync(join(run, name), { force: true })
}

/** Polls until `ready` answers true; a `ready` that throws is not ready yet. */
async function until(end: number, what: string, ready: () => Promise<boolean>): Promise<void> {
  let last: unknown
  while (performance.now() < end) {
    try {
      if (await ready()) return
    } catch (error) {
      last = error
    }
    await sleep(100)
  }
  throw new Error(`Ceph: ${what} did not come up`, { cause: last })
}

/** A cephx secret: type 1 (AES), time of making, length, 16 random bytes. */
function newKey(): string {
  const head = Buffer.alloc(12)
  head.writeUInt16LE(1, 0)
  head.writeUInt32LE(Math.floor(Date.now() / 1000), 2)
  head.writeUInt16LE(16, 10)
  return Buffer.concat([head, randomBytes(16)]).toString('base64')
}

function configuration(options: CephOptions, fsid: string, v2: number, v1: number): string {
  const { dir } = options
  const size = options.sizeBytes ?? 8 * gib
  return `[global]
fsid = ${fsid}
mon_host = [v2:127.0.0.1:${v2},v1:127.0.0.1:${v1}]
public_addr = 127.0.0.1
cluster_addr = 127.0.0.1
auth_cluster_required = cephx
auth_service_required = cephx
auth_client_required = cephx
keyring = ${dir}/$name.keyring
admin_socket = ${dir}/run/$cluster-$name.$pid.asok
run_dir = ${dir}/run
log_file = ${dir}/log/$name.log
pid_file = ${dir}/run/$name.pid
crash_dir = ${dir}/crash
ms_bind_ipv6 = false
osd_pool_default_size = 1
osd_pool_default_min_size = 1
osd_pool_default_pg_num = 8
osd_pool_default_pg_autoscale_mode = off
osd_crush_chooseleaf_type = 0
mon_allow_pool_delete = true
mon_allow_pool_size_one = true
mon_warn_on_pool_no_redundancy = false
mon_data_avail_crit = 1
mon_data_avail_warn = 1
auth_allow_insecure_global_id_reclaim = false
[mon]
mon_data = ${dir}/mon
mon_initial_members = a
[mgr]
mgr_data = ${dir}/mgr
mgr_initial_modules = volumes
mgr_stats_period = 1
[osd]
osd_data = ${dir}/osd
osd_objectstore = ${options.objectStore ?? 'memstore'}
memstore_device_bytes = ${size}
bluestore_block_size = ${size}
bluestore_block_create = true
[mds]
mds_data = ${dir}/mds
# Default 5 s: what waits for the journal (clones, most of all) waits for the next tick.
mds_tick_interval = 0.5
[client]
admin_socket = ${dir}/run/$name.$pid.$cctid.asok
log_file = ${dir}/log/client.log
`
}
