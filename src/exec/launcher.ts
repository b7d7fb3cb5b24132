/**
 * The small process that starts commands for this one. Starting a child from a process of some hundred megabytes takes 15 to
 * 30 ms during which nothing else runs, because `fork` copies its page tables (measured: docs/decisions/0014-launcher.md);
 * from `launcher.pl`, which is five megabytes and stays, other work goes on.
 *
 * There is one for each process of the service, started by the first command and replaced when it died. It dies with
 * this process, and what it started dies with it. It knows nothing of deadlines.
 */
import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { ExecError } from './exec.ts'
import type { ChildProcessByStdio } from 'node:child_process'
import type { Readable, Writable } from 'node:stream'
import type { Fence } from './exec.ts'

/** Where a program is; null when it isn't installed. */
export type Finder = (program: string) => string | null

export interface Listener {
  out(chunk: Buffer): void
  err(chunk: Buffer): void
  /** It ended by itself, or by signal N with code 128 + N. Its group has been killed. */
  exit(code: number): void
  /** Nothing more comes. */
  closed(): void
  /** The launcher died, and the command with it. */
  lost(cause: Error): void
}

export interface Command {
  listen(listener: Listener): void
  /** Kills it and its group. */
  kill(): void
  /** Stops listening; whoever still holds its output may go on. */
  leave(): void
}

/**
 * Starts `argv`, whose first element is an absolute path, under the fence. Throws a RangeError when something contains the
 * character NUL, which no argument can.
 */
export type Start = (
  argv: readonly string[],
  env: Readonly<Record<string, string>>,
  input: string,
  fence: Fence | null,
) => Command

interface Launcher {
  readonly child: ChildProcessByStdio<Writable, Readable, Readable>
  readonly listeners: Map<number, Listener>
}

/** What `ps` shows beside the script; where a worker shows the command that it does, which needs the room. */
const title = 'starts the commands of manila; the small ones its workers do, each under its name'.padEnd(255)
const script = fileURLToPath(new URL('launcher.pl', import.meta.url))
/** The system call that ties a command's life to the launcher's, from the kernel's tables: `asm/unistd.h`. */
const prctlOf: Readonly<Record<string, string>> = { x64: '157', arm64: '167', riscv64: '167' }
const prctl = process.platform === 'linux' ? (prctlOf[process.arch] ?? '0') : ''
const header = /^(out|err|exit|closed) (\d+)(?: (\d+))?$/
let running: Launcher | null = null
let lastId = 0

/** The launcher of this process. Throws {@link ExecError} `missing` when the host lacks what it is made of. */
export function launcher(find: Finder): Start {
  const { child, listeners } = (running ??= launch(find))
  return (argv, env, input, fence) => {
    const id = ++lastId
    const vars = Object.entries(env).map(([name, value]) => `${name}=${value}`)
    const fields = [fence?.lockFile ?? '', String(fence?.number ?? 0), String(vars.length), ...vars, ...argv]
    if (fields.some((field) => field.includes('\0'))) throw new RangeError('an argument contains NUL')
    const head = Buffer.from(fields.join('\0'))
    const body = Buffer.from(input)
    child.stdin.write(Buffer.concat([Buffer.from(`run ${id} ${head.length} ${body.length}\n`), head, body]))
    return {
      listen: (listener) => void listeners.set(id, listener),
      kill: () => void child.stdin.write(`kill ${id}\n`),
      leave() {
        if (listeners.delete(id)) child.stdin.write(`leave ${id}\n`)
      },
    }
  }
}

function launch(find: Finder): Launcher {
  const mortal = process.platform === 'linux' ? [need('setpriv', find), '--pdeathsig', 'KILL', '--'] : []
  const [program, ...args] = [...mortal, need('perl', find), script, prctl, title] as const
  const child = spawn(program, args, {
    // Signals of a terminal are for the service, which ends its commands by itself.
    detached: true,
    // Without the last each fork looks up anew what the dynamic linker has put off: 0.6 ms of some 8 for a command.
    env: { LANG: 'C', LC_ALL: 'C', LD_BIND_NOW: '1' },
    stdio: ['pipe', 'pipe', 'pipe'],
  })
  const launched: Launcher = { child, listeners: new Map() }
  let said = ''
  const over = (cause: Error) => {
    if (running === launched) running = null
    const left = [...launched.listeners.values()]
    launched.listeners.clear()
    for (const listener of left) listener.lost(cause)
  }
  child.stdin.on('error', () => undefined)
  child.stderr.on('data', (chunk: Buffer) => (said = (said + chunk.toString()).slice(-2000)))
  child.on('error', (cause) => over(cause))
  child.on('exit', () => over(new Error(`the launcher of commands ended: ${said.trim()}`)))
  child.stdout.on('data', reader(launched.listeners))
  // Commands keep this process alive by their deadlines; the launcher alone doesn't.
  child.unref()
  for (const stream of [child.stdin, child.stdout, child.stderr])
    (stream as unknown as { unref(): void }).unref()
  return launched
}

function need(program: string, find: Finder): string {
  const found = find(program)
  if (found !== null) return found
  throw new ExecError(`${program} is not installed`, 'missing', { code: -1, stdout: '', stderr: '' })
}

/** Takes the launcher's output apart, as it comes, and hands it to who listens. */
function reader(listeners: ReadonlyMap<number, Listener>): (chunk: Buffer) => void {
  let rest: Buffer = Buffer.alloc(0)
  return (chunk) => {
    rest = rest.length === 0 ? chunk : Buffer.concat([rest, chunk])
    for (;;) {
      const end = rest.indexOf('\n')
      if (end < 0) return
      const [, what = '', id = '', size = '0'] = header.exec(rest.toString('latin1', 0, end)) ?? []
      const listener = listeners.get(Number(id))
      const bytes = what === 'out' || what === 'err' ? Number(size) : 0
      if (rest.length < end + 1 + bytes) return
      const content = rest.subarray(end + 1, end + 1 + bytes)
      rest = rest.subarray(end + 1 + bytes)
      if (what === 'out') listener?.out(content)
      else if (what === 'err') listener?.err(content)
      else if (what === 'exit') listener?.exit(Number(size))
      else if (what === 'closed') listener?.closed()
    }
  }
}
