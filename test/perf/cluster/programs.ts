/** The programs as `npm run build` lays them out and a supervisor starts them, and what they find in their database. */
import { spawn, type ChildProcess } from 'node:child_process'
import { closeSync, mkdirSync, openSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { AuthManager } from '../../../src/auth/manager.ts'
import type { Store } from '../../../src/db/open.ts'
import { systemClock } from '../../../src/runtime/clock.ts'
import { connect } from '../../../src/sdk/connect.ts'
import { ensureTypes } from '../../../tools/cluster/types.ts'
import { ensureAccounts } from '../../../tools/quickstart/accounts.ts'
import { layOut } from '../../../tools/release/package.ts'
import { seedShares } from '../seed-shares.ts'

/** Lays the programs out below `dir`; answers where. */
export async function install(dir: string): Promise<string> {
  const [installed, page] = [join(dir, 'manila'), join(dir, 'page')]
  // The programs are what counts: their pages are not asked for.
  mkdirSync(page, { recursive: true })
  writeFileSync(join(page, 'index.html'), '')
  await layOut(installed, page)
  return installed
}

export interface Started {
  /** `manila-api` */
  readonly name: string
  readonly child: ChildProcess
  readonly logFile: string
}

const deploy = join(import.meta.dirname, '../../../deploy')

/** What systemd adds to the environment of `name`: lines `Environment=A=1 B=2` of its unit. */
function environmentOf(name: string): Readonly<Record<string, string>> {
  const file = name === 'manila-all' ? 'debian/manila.service' : `systemd/${name}.service`
  const unit = readFileSync(join(deploy, file), 'utf8')
  const settings = [...unit.matchAll(/^Environment=(.*)$/gm)].flatMap(([, line = '']) => line.split(' '))
  return Object.fromEntries(settings.map((one) => one.split('=', 2) as [string, string]))
}

/** Starts `name` with a configuration, as its unit does; its log is below `dir`. */
export function launch(installed: string, name: string, config: string, dir: string): Started {
  const logFile = join(dir, `${name}.log`)
  const log = openSync(logFile, 'a', 0o640)
  const program = join(installed, 'bin', `${name}.cjs`)
  const child = spawn(process.execPath, [program, '--config', config, '--log', logFile], {
    stdio: ['ignore', log, log],
    env: { ...process.env, ...environmentOf(name) },
  })
  closeSync(log)
  return { name, child, logFile }
}

/** SIGTERM, and until it is gone. */
export async function end({ child }: Started): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const gone = new Promise((resolve) => child.once('exit', resolve))
  child.kill('SIGTERM')
  await gone
}

const patienceMs = 180_000

/** Until the API answers 200 and `also` agrees. Throws the end of the log of a program that ended. */
export async function serving(
  url: string,
  all: readonly Started[],
  also: () => Promise<boolean> = async () => true,
): Promise<void> {
  for (const until = performance.now() + patienceMs; performance.now() < until;) {
    for (const { name, child, logFile } of all)
      if (child.exitCode !== null)
        throw new Error(`${name} ended: ${readFileSync(logFile, 'utf8').slice(-1000)}`)
    const answers = await fetch(`${url}/healthcheck`).then(
      ({ status }) => status === 200,
      () => false,
    )
    if (answers && (await also())) return
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
  throw new Error(`nothing serves at ${url} after ${patienceMs / 1000} s`)
}

/** Accounts and share types; answers the path of clouds.yaml. The key of tokens is where `settingsIn` says. */
export async function accounts(store: Store, dir: string, url: string): Promise<string> {
  const clock = systemClock()
  const keyFile = join(dir, 'token-key.json')
  const auth = await AuthManager.open({ store, clock, keyFile, tokenLifetimeS: 86_400 })
  await ensureTypes(store, clock.now())
  return ensureAccounts(auth, dir, url, { link: false })
}

/** Of the demo project; the API has to serve. */
export async function demoToken(
  clouds: string,
): Promise<{ readonly token: string; readonly projectId: string }> {
  const { tokens } = await connect({ cloud: 'manila-demo', env: { OS_CLIENT_CONFIG_FILE: clouds } })
  return { token: await tokens.current(), projectId: tokens.session?.projectId ?? '' }
}

/** Shares that were there before; what is made during a measurement comes first in a list. */
export async function seed(store: Store, count: number, projectId: string): Promise<void> {
  const type = await store.db.selectFrom('share_types').select('id').executeTakeFirstOrThrow()
  await seedShares(store, count, (index) => ({
    projectId,
    userId: 'bench',
    now: (Date.now() - 86_400_000) * 1000 + index,
    shareTypeId: type.id,
    share: { name: `seeded-${index}` },
    instance: { status: 'available', host: 'node@alpha#pool', progress: '100%' },
  }))
}
