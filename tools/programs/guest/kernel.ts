/**
 * The Linux that the guest boots: Debian's cloud kernel, fetched by apt and never installed, with an initial file system of
 * busybox, the modules that an NFS client needs, and {@link file://./init.sh}. Made once and kept in a cache directory.
 */
import { createHash } from 'node:crypto'
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { basename, join } from 'node:path'
import { localExec } from '../../../src/exec/local.ts'
import { ExecError } from '../../../src/exec/exec.ts'
import { GuestUnavailable } from './unavailable.ts'
import { loadOrder } from './modules.ts'

export interface GuestImage {
  readonly kernel: string
  readonly initrd: string
}

/** Depends on the newest kernel package by name. */
const metaPackage = 'linux-image-cloud-amd64'
const kernelPackage = /^\s*Depends:\s*(linux-image-[0-9][0-9a-z.+~-]*-cloud-amd64)\s*$/m
/** What they depend on is loaded, too; what a kernel has built in is left out. */
const wantedModules = ['virtio_pci', 'virtio_net', 'crc32c_generic', 'nfsv4']
const initScript = join(import.meta.dirname, 'init.sh')
const busybox = '/bin/busybox'

/**
 * Finds the image in `cacheDir` or makes it there (3 s and 27 MB of download). Throws {@link GuestUnavailable} when the
 * kernel can't be had.
 */
export async function guestImage(cacheDir: string): Promise<GuestImage> {
  const script = readFileSync(initScript)
  const recipe = createHash('sha256').update(script).update(wantedModules.join()).digest('hex')
  const dir = join(cacheDir, `image-${recipe.slice(0, 16)}`)
  const image = { kernel: join(dir, 'vmlinuz'), initrd: join(dir, 'initrd') }
  if (existsSync(dir)) return image
  mkdirSync(cacheDir, { recursive: true })
  const scratch = mkdtempSync(join(cacheDir, 'making-'))
  try {
    const ready = join(scratch, 'ready')
    mkdirSync(ready)
    await build(scratch, ready)
    // Whole or not at all; another process may have been quicker.
    if (!existsSync(dir)) renameSync(ready, dir)
  } finally {
    rmSync(scratch, { recursive: true, force: true })
  }
  return image
}

async function build(scratch: string, ready: string): Promise<void> {
  const unpacked = await fetchKernel(scratch)
  const release = readdirSync(join(unpacked, 'lib/modules'))[0] ?? ''
  cpSync(join(unpacked, 'boot', `vmlinuz-${release}`), join(ready, 'vmlinuz'))
  await run([busybox, 'depmod', '-b', unpacked, release])
  const modules = join(unpacked, 'lib/modules', release)
  const order = loadOrder(readFileSync(join(modules, 'modules.dep'), 'utf8'), wantedModules)

  const root = join(scratch, 'root')
  for (const dir of ['bin', 'dev', 'mnt', 'modules', 'proc', 'sys', 'tmp']) {
    mkdirSync(join(root, dir), { recursive: true })
  }
  cpSync(busybox, join(root, 'bin/busybox'), { dereference: true })
  cpSync(initScript, join(root, 'init'))
  chmodSync(join(root, 'init'), 0o755)
  for (const path of order) cpSync(join(modules, path), join(root, 'modules', basename(path)))
  writeFileSync(join(root, 'modules/order'), order.map((path) => basename(path)).join('\n'))
  const names = ['.', ...readdirSync(root, { recursive: true, encoding: 'utf8' })].join('\n')
  const archive = join(ready, 'initrd')
  await run(['env', `--chdir=${root}`, busybox, 'cpio', '-o', '-H', 'newc', '-F', archive], names)
}

/** The package's files below a directory of `scratch`. */
async function fetchKernel(scratch: string): Promise<string> {
  try {
    const name = (await kernelName()) ?? (await run(['apt-get', '-q', 'update']), await kernelName())
    if (name === null) throw new GuestUnavailable(`there is no package ${metaPackage} here`)
    await run(['env', `--chdir=${scratch}`, 'apt-get', '-q', 'download', name])
  } catch (error) {
    if (!(error instanceof ExecError)) throw error
    throw new GuestUnavailable(`the kernel can't be had: ${error.message}`, { cause: error })
  }
  const archive = readdirSync(scratch).find((file) => file.endsWith('.deb'))
  if (archive === undefined) throw new GuestUnavailable('apt-get downloaded no kernel')
  const unpacked = join(scratch, 'unpacked')
  await run(['dpkg-deb', '-x', join(scratch, archive), unpacked])
  return unpacked
}

/** Null when apt's lists don't know the package. */
async function kernelName(): Promise<string | null> {
  const { stdout } = await run(['apt-cache', 'depends', metaPackage], '', [0, 100])
  return kernelPackage.exec(stdout)?.[1] ?? null
}

function run(argv: readonly string[], input = '', okCodes: readonly number[] = [0]) {
  const proxies = Object.entries(process.env).filter(([name]) => /^(https?|no)_proxy$/i.test(name))
  const env = Object.fromEntries(proxies.map(([name, value]) => [name, value ?? '']))
  return localExec().run(argv, { deadlineMs: 120_000, input, okCodes, env })
}
