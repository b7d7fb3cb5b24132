/** Starts, kills and stops a service process (`serve.ts`) on a state directory that survives it. */
import { spawn, type ChildProcess } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { stringify } from 'smol-toml'
import { connect } from '../../src/sdk/connect.ts'
import type { Client } from '../../src/sdk/client.ts'
import { placeOf } from './place.ts'

export interface ServiceProcess {
  readonly url: string
  readonly metricsUrl: string
  readonly clouds: string
  readonly pid: number
  /** Resolves when the process is gone, with the signal that ended it. */
  readonly ended: Promise<NodeJS.Signals | null>
  connect(cloud?: 'manila-admin' | 'manila-demo'): Promise<Client>
  kill(): Promise<void>
  /** SIGTERM; with `detach` everything it mounted is unmounted. */
  stop(): Promise<void>
}

export interface ServiceSettings {
  /** Kept between starts. */
  readonly dir: string
  /** As in the TOML file; `state_dir`, the port, the database and the bus (`place.ts`) are filled in. */
  readonly settings: Readonly<Record<string, unknown>>
  readonly kind: 'sim' | 'btrfs' | 'image' | 'directory'
  readonly env?: Readonly<Record<string, string>>
  readonly schedulers?: number
  /** It will be killed soon. One that has much to do takes twice as long so. */
  readonly brief?: boolean
  /** Milliseconds until it must serve. */
  readonly patienceMs?: number
}

/** The sources, or what `before-all.ts` made of them. */
const program = () => process.env.MANILA_TEST_SERVICE ?? join(import.meta.dirname, 'serve.ts')

/**
 * For a life of a second or two: too short to repay machine code made while it runs, and memory that is touched for the first
 * time costs more than collecting garbage in what it has. A start takes 430 ms of processor time in place of 550.
 */
const brief = ['--no-opt', '--no-maglev', '--no-sparkplug', '--max-semi-space-size=1']

/** Throws with the end of the log when the process ends before it serves. */
export async function startServiceProcess(options: ServiceSettings): Promise<ServiceProcess> {
  mkdirSync(options.dir, { recursive: true })
  const config = join(options.dir, 'manila.toml')
  const place = await placeOf(options.dir)
  const base = {
    state_dir: options.dir,
    host: 'node',
    log_level: 'info',
    database: { url: place.database },
    ...(place.bus === null ? {} : { bus: { url: place.bus } }),
  }
  const shares = { default_share_type: 'default', ...(options.settings.shares as object | undefined) }
  const api = { port: 0, ...(options.settings.api as object | undefined) }
  writeFileSync(config, stringify({ ...base, ...options.settings, shares, api }))
  const argv = [
    ...(options.brief === true ? brief : []),
    program(),
    config,
    options.kind,
    String(options.schedulers ?? 1),
  ]
  const child = spawn(process.execPath, argv, {
    env: { ...process.env, ...options.env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const ended = new Promise<NodeJS.Signals | null>((resolve) =>
    child.on('exit', (_code, signal) => resolve(signal)),
  )
  const { url, metricsUrl, clouds } = await firstLine(child, options)
  return {
    url,
    metricsUrl,
    clouds,
    pid: child.pid ?? -1,
    ended,
    connect: (cloud = 'manila-demo') =>
      connect({ cloud, env: { OS_CLIENT_CONFIG_FILE: clouds }, retry: { attempts: 1 } }),
    async kill() {
      child.kill('SIGKILL')
      await ended
    },
    async stop() {
      child.kill('SIGTERM')
      await ended
    },
  }
}

type FirstLine = Pick<ServiceProcess, 'url' | 'metricsUrl' | 'clouds'>

function firstLine(child: ChildProcess, { dir, patienceMs = 60_000 }: ServiceSettings): Promise<FirstLine> {
  return new Promise((resolve, reject) => {
    let out = ''
    let errors = ''
    const fail = (why: string): void => {
      child.kill('SIGKILL')
      const log = join(dir, 'manila.log')
      const tail = existsSync(log) ? readFileSync(log, 'utf8').split('\n').slice(-8).join('\n') : ''
      reject(new Error(`the service ${why}\n${errors}\n${tail}`))
    }
    const timer = setTimeout(() => fail(`did not serve within ${patienceMs} ms`), patienceMs)
    child.stderr?.on('data', (chunk: Buffer) => (errors += chunk.toString()))
    child.stdout?.on('data', (chunk: Buffer) => {
      out += chunk.toString()
      const end = out.indexOf('\n')
      if (end < 0) return
      clearTimeout(timer)
      resolve(JSON.parse(out.slice(0, end)) as FirstLine)
    })
    child.on('exit', (code, signal) => {
      clearTimeout(timer)
      if (!out.includes('\n')) fail(`ended (${signal ?? code}) before it served`)
    })
  })
}
