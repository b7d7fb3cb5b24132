/**
 * A private Keystone: Debian's python3-keystone with SQLite and Fernet keys in a directory of its own, on a free port of loopback.
 * It ends with the process that started it, and can be killed, paused and started again on the same accounts.
 */
import { randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { freePort } from '../../src/exec/free-port.ts'
import { daemon, daemonWith, homeFor, removeHome, writeOwned, type Daemon } from './daemon.ts'
import { hasProgram, type Need } from './packages.ts'

/** The package makes none of its own; every Debian has this one. */
const account = 'www-data'

export const keystoneNeed: Need = {
  program: 'keystone-manage',
  debianPackage: 'python3-keystone',
  why: 'a private Keystone, to prove that tokens of a real one are understood',
}

export const hasKeystone = (): boolean => hasProgram(keystoneNeed.program)

export interface Keystone extends Daemon {
  /** `http://127.0.0.1:PORT/v3` */
  readonly url: string
  /** Of the user `admin` with the role `admin` in the project `admin`, all in the domain `Default`. */
  readonly adminPassword: string
  /** As that administrator; answers the body, undefined for none. Throws what Keystone said when it is no success. */
  admin(method: string, path: string, body?: unknown): Promise<never>
  /** Begins it again; tokens issued from now on last so long. */
  restartWithLifetime(seconds: number): Promise<void>
  /** Ends it and removes what it kept. */
  remove(): Promise<void>
}

export interface KeystoneOptions {
  readonly tokenLifetimeS?: number
}

/** Resolves when it answers: some 5 s on a quiet machine, 3 s of it to be begun again. */
export async function startKeystone({ tokenLifetimeS = 28_800 }: KeystoneOptions = {}): Promise<Keystone> {
  if (!hasKeystone()) throw new Error('Keystone is not installed')
  const dir = homeFor(account, 'ks-')
  const port = await freePort()
  const url = `http://127.0.0.1:${port}/v3`
  const adminPassword = randomBytes(12).toString('hex')
  writeOwned(dir, 'admin-password', adminPassword)
  writeOwned(dir, 'keystone.conf', configuration(dir, tokenLifetimeS))
  // Where our sources lie the account may not read.
  const program = writeOwned(dir, 'server.py', readFileSync(join(import.meta.dirname, 'keystone-server.py')))
  const question = 'fetch(process.argv[1]).then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))'
  const server = daemon({
    name: 'Keystone',
    account,
    command: ['/usr/bin/python3', '-B', program, dir, String(port)],
    logFile: join(dir, 'log'),
    endSignal: 'SIGTERM',
    probe: [process.execPath, '-e', question, url],
  })
  await server.start()
  let token: Promise<string> | null = null
  return daemonWith(server, {
    url,
    adminPassword,
    async admin(method, path, body) {
      token ??= logIn(url, adminPassword)
      const reply = await fetch(`${url}${path}`, {
        method,
        headers: { 'x-auth-token': await token, 'content-type': 'application/json' },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      })
      const text = await reply.text()
      if (!reply.ok) throw new Error(`${method} ${path}: ${reply.status} ${text}`)
      return (text === '' ? undefined : JSON.parse(text)) as never
    },
    async restartWithLifetime(seconds) {
      await server.stop()
      writeOwned(dir, 'keystone.conf', configuration(dir, seconds))
      await server.start()
    },
    async remove() {
      await server.stop()
      removeHome(dir)
    },
  })
}

async function logIn(url: string, password: string): Promise<string> {
  const domain = { name: 'Default' }
  const auth = {
    identity: { methods: ['password'], password: { user: { name: 'admin', domain, password } } },
    scope: { project: { name: 'admin', domain } },
  }
  const reply = await fetch(`${url}/auth/tokens`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ auth }),
  })
  const token = reply.headers.get('x-subject-token')
  if (token === null)
    throw new Error(`Keystone refuses its administrator: ${reply.status} ${await reply.text()}`)
  return token
}

function configuration(dir: string, tokenLifetimeS: number): string {
  return [
    '[DEFAULT]',
    'use_stderr = true',
    'default_log_levels = keystone=WARNING',
    '[database]',
    `connection = sqlite:///${dir}/keystone.db`,
    '[token]',
    'provider = fernet',
    `expiration = ${tokenLifetimeS}`,
    // One process remembers nothing that it has changed since; without, one check is 500 statements.
    '[cache]',
    'enabled = true',
    'backend = oslo_cache.dict',
    '[fernet_tokens]',
    `key_repository = ${dir}/fernet`,
    '[fernet_receipts]',
    `key_repository = ${dir}/fernet`,
    '[credential]',
    `key_repository = ${dir}/credential`,
    // The cheapest: a suite makes many accounts, and guards nothing.
    '[identity]',
    'password_hash_rounds = 4',
    '',
  ].join('\n')
}
