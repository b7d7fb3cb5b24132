/** What the tests with a real NFS-Ganesha share: shares that are file systems of their own, and clients that know handles. */
import { execFileSync, spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { mkdirSync, truncateSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { projectFolder } from '../../host/project-folder.ts'
import * as nfs from '../../contract/conformance/nfs4/operations.ts'
import { openSession, type Session } from '../../contract/conformance/nfs4/session.ts'
import { nothingLeftOf } from './process.ts'
import type { ExportRef, ExportRule, OwnFileSystem } from '../../contract/driver.ts'

export interface Image {
  readonly id: string
  readonly projectId: string
  /** Where it is mounted. */
  readonly path: string
  readonly device: string
  readonly fileSystem: OwnFileSystem
}

const run = (program: string, ...args: string[]): string =>
  execFileSync(program, args, { encoding: 'utf8', env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin' } }).trim()

/** Large enough for mkfs.xfs; sparse. */
const imageBytes = 320 * 1024 * 1024

/** An XFS image of `projectId`, mounted where the driver `image` mounts them. */
export function makeImage(backendDir: string, projectId: string): Image {
  const id = randomUUID()
  const backing = join(backendDir, 'images', id)
  mkdirSync(dirname(backing), { recursive: true })
  writeFileSync(backing, '')
  truncateSync(backing, imageBytes)
  const uuid = randomUUID()
  run('mkfs.xfs', '-q', '-m', `uuid=${uuid}`, backing)
  const image = { id, projectId, path: '', device: '', fileSystem: { uuid, backing } }
  return mountImage(backendDir, image)
}

/** Attaches and mounts it, as after a restart of the host; with `device` it is attached already. */
export function mountImage(backendDir: string, image: Image, device?: string): Image {
  const { backing, uuid } = image.fileSystem
  const project = join(backendDir, 'exports', projectFolder(image.projectId))
  shareMount(project)
  const path = join(project, `${image.id}.${uuid.slice(0, 8)}`)
  mkdirSync(path, { recursive: true })
  const attached = device ?? run('losetup', '--find', '--show', backing)
  run('mount', '-t', 'xfs', '-o', 'nodev,nosuid', attached, path)
  return { ...image, path, device: attached }
}

/** A mount of itself that hands what is mounted below it on to the mount namespaces of servers. */
function shareMount(path: string): void {
  mkdirSync(path, { recursive: true })
  if (run('findmnt', '--noheadings', '--output', 'TARGET', '--target', path) === path) return
  run('mount', '--bind', path, path)
  run('mount', '--make-private', path)
  run('mount', '--make-shared', path)
}

export function unmountImage({ path, device }: Image): void {
  run('umount', path)
  run('losetup', '--detach', device)
}

export function exportOf(image: Image, over: Partial<ExportRef> = {}): ExportRef {
  const { id, projectId, path, fileSystem } = image
  const tree = { path, readOnly: false, fileSystem }
  return { id, protocol: 'NFS', projectId, state: {}, tree, name: id, ...over }
}

export const rule = (to: string, level: 'rw' | 'ro' = 'rw'): ExportRule => ({ id: to, type: 'ip', to, level })

/** A client that sends compounds, of its own choice of handles too. */
export function session(host: string, port: number, from: string = host): Promise<Session> {
  return openSession({ host, port, from, timeoutMs: 10_000, uid: 0, gid: 0 })
}

/** The handle of an export's root. */
export async function rootOf(client: Session, name: string): Promise<Buffer> {
  return (await client.compound([nfs.putRootFh, nfs.lookup(name), nfs.getFh]))[2]
}

export const lookupParent: nfs.Operation<void> = {
  name: 'LOOKUPP',
  number: 16,
  write: () => undefined,
  read: () => undefined,
}

/** Resolves when nothing is left of the process. */
export async function kill(pid: number): Promise<void> {
  process.kill(pid, 'SIGKILL')
  await nothingLeftOf(pid)
}

/**
 * What `work` answers while the first thread of the process, if it is killed meanwhile, does not come to its end: as on a machine whose
 * processors are all busy.
 */
export async function whileEndingSlowly<T>(pid: number, ms: number, work: () => Promise<T>): Promise<T> {
  // PTRACE_SEIZE with PTRACE_O_TRACEEXIT, then PTRACE_CONT: ptrace(2).
  const script = `
    my ($ptrace, $pid, $ms) = map { $_ + 0 } @ARGV;
    syscall($ptrace, 0x4206, $pid, 0, 0x40) == 0 or die "ptrace: $!";
    $| = 1; print "held";
    waitpid($pid, 0x40000000);
    select(undef, undef, undef, $ms / 1000);
    syscall($ptrace, 7, $pid, 0, 0);`
  const ptrace = process.arch === 'arm64' ? 117 : 101
  const holder = spawn('perl', ['-e', script, String(ptrace), String(pid), String(ms)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const ended = once(holder, 'exit')
  const refused = ended.then(() => Promise.reject(new Error(`process ${pid} can't be traced`)))
  await Promise.race([once(holder.stdout, 'data'), refused])
  try {
    return await work()
  } finally {
    holder.kill('SIGKILL')
    await ended
  }
}
