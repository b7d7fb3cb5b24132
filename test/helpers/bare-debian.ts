/** A Debian with nothing in it, in a folder: where packages are installed and containers' recipes followed without a container's daemon. */
import { execFile } from 'node:child_process'
import { cpSync, existsSync, globSync, readFileSync, rmSync } from 'node:fs'
import { basename, join } from 'node:path'
import { promisify } from 'node:util'
import { ensureInstalled } from '../../tools/programs/packages.ts'

const run = promisify(execFile)

/** In namespaces of its own, so that what it starts and mounts ends with it; a network that only it sees when $1 says so. */
const inside =
  'mount -t proc proc "$0/proc" && mount --rbind /dev "$0/dev" && { ip link set lo up 2> /dev/null || true; } && user=$1 && shift && exec chroot --userspec="$user" "$0" "$@"'

export interface BareDebian {
  readonly dir: string
  /** Runs a program in it, as root or another user; what it printed. Rejects with that when it fails. */
  run(
    argv: readonly string[],
    options?: { readonly user?: string; readonly network?: boolean },
  ): Promise<string>
  remove(): void
}

/** Of the release that Dockerfiles call `debian:12-slim`. Minutes on a slow network. Throws a sentence where it can't be made. */
export async function bareDebian(dir: string): Promise<BareDebian> {
  const need = { program: 'debootstrap', debianPackage: 'debootstrap', why: 'makes a Debian to install in' }
  const installed = await ensureInstalled([need], { forbid: false, say: () => undefined })
  if (!installed.ok) throw new Error(installed.why)
  await run('debootstrap', ['--variant=minbase', 'bookworm', dir], { maxBuffer: 1 << 26 })
  for (const file of ['/etc/resolv.conf', '/etc/hosts'])
    if (existsSync(file)) cpSync(file, join(dir, file), { dereference: true })
  return {
    dir,
    async run(argv, { user = 'root', network = false } = {}) {
      const apart = ['--mount', '--pid', '--fork', '--kill-child', ...(network ? [] : ['--net'])]
      const env = {
        PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
        HOME: user === 'root' ? '/root' : '/var/lib/manila',
        DEBIAN_FRONTEND: 'noninteractive',
        ...(network ? proxies() : {}),
      }
      try {
        const all = [...apart, 'sh', '-c', inside, dir, `${user}:${user}`, ...argv]
        return (await run('unshare', all, { env, maxBuffer: 1 << 26 })).stdout
      } catch (error) {
        const { stdout, stderr } = error as { readonly stdout: string; readonly stderr: string }
        throw new Error(`${argv.join(' ')}: ${stdout}${stderr}`, { cause: error })
      }
    },
    remove: () => rmSync(dir, { recursive: true, force: true }),
  }
}

const proxies = (): Record<string, string> =>
  Object.fromEntries(
    Object.entries(process.env).flatMap(([name, value]) =>
      /^(?:https?|no)_proxy$/i.test(name) && value !== undefined ? [[name, value] as const] : [],
    ),
  )

export interface Followed {
  readonly user: string
  readonly command: readonly string[]
}

/** Does what a Dockerfile says, with files from `context`. Throws at whatever it doesn't know. */
export async function follow(dockerfile: string, context: string, debian: BareDebian): Promise<Followed> {
  let user = 'root'
  let command: readonly string[] = []
  const lines = readFileSync(dockerfile, 'utf8').replaceAll(/\\\n/g, ' ').split('\n')
  for (const line of lines.filter((one) => one !== '' && !one.startsWith('#'))) {
    const [, word = '', rest = ''] = /^([A-Z]+) (.*)$/.exec(line) ?? []
    switch (word) {
      case 'FROM':
        if (rest !== 'debian:12-slim') throw new Error(`this is no ${rest}`)
        break
      case 'COPY': {
        const [pattern = '', to = ''] = rest.split(' ')
        const found = globSync(pattern, { cwd: context })
        if (found.length === 0) throw new Error(`${line}: nothing is there`)
        for (const file of found) cpSync(join(context, file), join(debian.dir, to, basename(file)))
        break
      }
      case 'RUN':
        await debian.run(['sh', '-c', rest], { user, network: true })
        break
      case 'USER':
        user = rest
        break
      case 'EXPOSE':
        break
      case 'CMD':
        command = JSON.parse(rest) as string[]
        break
      default:
        throw new Error(`not known here: ${line}`)
    }
  }
  return { user, command }
}
