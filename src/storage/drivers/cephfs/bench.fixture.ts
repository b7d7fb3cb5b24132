/** What the tests on a private Ceph share: the cluster with the users of an operator, FUSE mounts, contexts for calls. */
import { spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { mkdir, open, rmdir, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { Value } from 'typebox/value'
import { hostLock } from '../../../exec/host-lock.ts'
import { localExec } from '../../../exec/local.ts'
import { cephClientNeeds, cephNeeds, startCeph } from '../../../../tools/programs/ceph.ts'
import { missing } from '../../../../tools/programs/packages.ts'
import { mounts } from '../../host/mountinfo.ts'
import type { Static, TSchema } from 'typebox'
import type { Ceph } from '../../../../tools/programs/ceph.ts'
import type { Content, Place, Probes } from '../../contract/conformance.ts'
import type { CallContext, DriverLog, Parts, ShareRef } from '../../contract/driver.ts'

const silent: DriverLog = { info: () => undefined, warn: () => undefined, error: () => undefined }
const mib = 1024 ** 2

/** Why these tests can't run here; null when they can. */
export const cannotRun: string | null = missingPart()

function missingPart(): string | null {
  if (process.platform !== 'linux') return 'not Linux'
  if (process.getuid?.() !== 0) return 'not root'
  const absent = missing([...cephNeeds, ...cephClientNeeds]).map(({ debianPackage }) => debianPackage)
  return absent.length === 0 ? null : `not installed: ${absent.join(', ')}`
}

export interface Bench {
  readonly ceph: Ceph
  /** Scratch of this test alone. */
  readonly dir: string
  /** The whole file system, mounted as administrator. */
  readonly root: string
  readonly driverOptions: Readonly<Record<string, string>>
  readonly exporterOptions: Readonly<Record<string, string | number>>
  /** A host of its own: its directory, its daemons. */
  host(name: string): Parts
  /** Mounts `path` of the file system with the key of `user` (from `keyring`); throws what ceph-fuse said. */
  mount(user: string, keyring: string, path: string): Promise<string>
  unmount(dir: string): Promise<void>
  clean(): Promise<void>
}

/** A cluster with the users that the guide tells an operator to make. */
export async function startBench(): Promise<Bench> {
  const dir = mkdtempSync(join(tmpdir(), 'mceph-'))
  const exec = localExec()
  const mounted = new Set<string>()
  const ceph = await startCeph({ dir: join(dir, 'c') })
  const group = 'manila'
  const pool = ceph.dataPool
  await Promise.all([
    ceph.user('manila', [
      'mon',
      'allow r',
      'mgr',
      'allow rw',
      'mds',
      'allow rw path=/volumes',
      'osd',
      `allow rwx pool=${pool} namespace=manila`,
    ]),
    // As whom an earlier release served all exports.
    ceph.user('ganesha', [
      'mon',
      'allow r',
      'mds',
      `allow rw path=/volumes/${group}`,
      'osd',
      `allow rw pool=${pool}`,
    ]),
  ])

  const unmount = async (at: string): Promise<void> => {
    await exec.run(['umount', '--lazy', at], { deadlineMs: 10_000, okCodes: [0, 1, 32] })
    mounted.delete(at)
  }
  const bench: Omit<Bench, 'root'> = {
    ceph,
    dir,
    driverOptions: { conf_file: ceph.confFile, subvolume_group: group },
    exporterOptions: { ceph_conf: ceph.confFile, port: 0 },
    host(name) {
      const own = join(dir, name)
      mkdirSync(own, { recursive: true, mode: 0o700 })
      return { exec, log: silent, backend: 'alpha', dir: own, lock: hostLock, now: () => Date.now() * 1000 }
    },
    async mount(user, keyring, path) {
      const at = join(dir, `mnt-${randomUUID().slice(0, 8)}`)
      mkdirSync(at)
      const argv = ['--pdeathsig', 'KILL', '--', 'ceph-fuse', '-f', '--id', user, '-k', keyring]
      const env = { PATH: process.env['PATH'], CEPH_CONF: ceph.confFile }
      const child = spawn('setpriv', [...argv, `--client_mountpoint=${path}`, at], {
        env,
        stdio: ['ignore', 'ignore', 'pipe'],
      })
      let said = ''
      child.stderr.on('data', (chunk: Buffer) => (said += chunk.toString()))
      mounted.add(at)
      for (let tries = 0; tries < 300; tries++) {
        if (mounts().some((mount) => mount.path === at)) return at
        if (child.exitCode !== null) throw new Error(`ceph-fuse: ${said}`)
        await sleep(50)
      }
      child.kill('SIGKILL')
      throw new Error(`ceph-fuse did not mount: ${said}`)
    },
    unmount,
    async clean() {
      endDaemonsIn(dir)
      for (const at of mounted) await unmount(at)
      await ceph.stop()
      rmSync(dir, { recursive: true, force: true })
    },
  }
  try {
    return { ...bench, root: await bench.mount('admin', join(ceph.dir, 'client.admin.keyring'), '/') }
  } catch (error) {
    await bench.clean()
    throw error
  }
}

/** What a test that failed left running: daemons have sessions of their own. Ceph's own end with the cluster. */
function endDaemonsIn(dir: string): void {
  for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    try {
      const argv = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0')
      const ours = argv.some((word) => word.startsWith(`${dir}/`) || word.startsWith(`--config-file=${dir}/`))
      if (ours && /ganesha|dbus/.test(argv[0] ?? '')) process.kill(Number(pid), 'SIGKILL')
    } catch {
      // It has ended meanwhile.
    }
  }
}

/**
 * Probes for CephFS, which counts a file by its length, holes included: a page in every 16 MiB is written, so a gigabyte
 * costs no gigabyte of memory. `root` shows the whole file system.
 */
export function sparseProbes(root: string): Probes {
  const [page, stride] = [4096, 16 * mib]
  const payload = ({ tree }: Place) => join(root, tree?.path ?? '', 'payload')
  /** A directory's length is what is below it, as the next writer's client will be told. */
  const counted = async (dir: string, bytes: number): Promise<void> => {
    for (let tries = 0; tries < 100 && (await stat(dir)).size < bytes; tries++) await sleep(50)
  }
  /** A client is told of a snapshot that another took before the answer to its next request to the metadata server. */
  const hearOfSnapshots = async (dir: string): Promise<void> => {
    const asked = join(dir, `asked-${randomUUID()}`)
    await mkdir(asked)
    await rmdir(asked)
  }
  const pages = function* (content: Content): Generator<[number, Buffer]> {
    const text = Buffer.from(JSON.stringify(content).padEnd(page)).subarray(0, Math.min(page, content.bytes))
    for (let at = 0; at < content.bytes; at += stride) {
      yield [at, text.subarray(0, content.bytes - at)]
    }
  }
  return {
    async write(place, content) {
      await hearOfSnapshots(dirname(payload(place)))
      const file = await open(payload(place), 'r+').catch(() => open(payload(place), 'w+'))
      try {
        // In one step: a client compares growth with counters that lag, and pages far apart would outrun them.
        await file.truncate(content.bytes)
        for (const [at, text] of pages(content)) await file.write(text, 0, text.length, at)
        await file.sync()
        await counted(dirname(payload(place)), content.bytes)
        return 'written'
      } catch (error) {
        // Node has no name for EDQUOT.
        if ((error as NodeJS.ErrnoException).errno === -122) return 'full'
        throw error
      } finally {
        await file.close().catch(() => undefined)
      }
    },
    async read(place) {
      const file = await open(payload(place), 'r').catch(() => null)
      if (file === null) return null
      try {
        const { size } = await file.stat()
        const first = Buffer.alloc(page)
        await file.read(first, 0, page, 0)
        const content = JSON.parse(first.toString().replaceAll('\0', '').trim()) as Content
        if (size !== content.bytes) throw new Error(`${size} bytes instead of ${content.bytes}`)
        for (const [at, text] of pages(content)) {
          const there = Buffer.alloc(text.length)
          await file.read(there, 0, text.length, at)
          if (!there.equals(text)) throw new Error(`damaged at ${at}`)
        }
        return content
      } finally {
        await file.close()
      }
    },
  }
}

/** What configuration makes of `given`: every option that is left out has its default. */
export function complete<Options extends TSchema>(schema: Options, given: object): Static<Options> {
  return Value.Parse(schema, Value.Default(schema, { ...given }))
}

/** A context for one call; `fence` is optional as in the contract. */
export function call(fence: CallContext['fence'] = null, deadlineMs = 60_000): CallContext {
  return { log: silent, deadlineMs, signal: new AbortController().signal, fence, progress: () => undefined }
}

export function shareRef(over: Partial<ShareRef> = {}): ShareRef {
  const id = randomUUID()
  return {
    id,
    shareId: id,
    projectId: '00000000000000000000000000000001',
    protocol: 'CEPHFS',
    sizeGib: 1,
    pool: 'cephfs',
    state: {},
    specs: {},
    mountPointName: null,
    ...over,
  }
}

/** The file that `ceph-fuse -k` wants for a tenant's key. */
export const keyringText = (user: string, key: string): string => `[client.${user}]\n\tkey = ${key}\n`
