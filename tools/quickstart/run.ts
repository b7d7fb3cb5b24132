/** The quick start from its first line to its last. */
import { existsSync, mkdirSync, rmSync } from 'node:fs'
import { join, relative, resolve } from 'node:path'
import { styleText } from 'node:util'
import { startService, type Service } from '../../src/main.ts'
import { ensureAccounts, isOurLink } from './accounts.ts'
import { awaitBuild, beginBuild, dashboardLine, loginLines } from './dashboard.ts'
import { checkDatabase } from './database.ts'
import {
  directoryClouds,
  makeDirectory,
  showDirectory,
  startDemoDirectory,
  type RunOptions,
} from './demo-directory.ts'
import { demonstrate } from './demo.ts'
import { chooseBackend, poolSizeGib, type Choice } from './host.ts'
import { quickstartOptions, usage, type QuickstartOptions } from './options.ts'
import { steps, type Steps } from './say.ts'
import { mountShares, unmountShares } from './shares-mount.ts'
import { quickstartSettings } from './settings.ts'
import { chooseNfsPort, readState, rememberMade, serverAddresses, writeState } from './state.ts'
import { ensureShareType, waitForBackend } from './warm-up.ts'

/** Answers the exit code: 0 when everything asked for was shown, 1 when something failed, 2 when the host can't export. */
export async function run(argv: readonly string[]): Promise<number> {
  let options: QuickstartOptions | 'help'
  try {
    options = quickstartOptions(argv)
  } catch (error) {
    process.stderr.write(`${messageOf(error)}\n\n${usage}`)
    return 64
  }
  if (options === 'help') {
    process.stdout.write(usage)
    return 0
  }
  const told = steps()
  try {
    return options.clean ? await clean(options, told) : await withDirectory(options, told)
  } catch (error) {
    process.stderr.write(`\nquickstart: ${messageOf(error)}\n`)
    if (existsSync(options.dir)) process.stderr.write(`The log is ${join(options.dir, 'manila.log')}\n`)
    return 1
  }
}

/** With `--auth ldap` beside a directory server, which goes when the service has gone. */
async function withDirectory(options: QuickstartOptions, told: Steps): Promise<number> {
  if (options.auth === 'db') return serve(options, told)
  const directory = await startDemoDirectory(options, told)
  try {
    return await serve({ ...options, directory }, told)
  } finally {
    await directory.remove()
  }
}

async function serve(options: RunOptions, told: Steps): Promise<number> {
  const stopAsked = new Promise<void>((resolve) => {
    process.once('SIGINT', resolve)
    process.once('SIGTERM', resolve)
  })
  told.line(styleText('bold', 'Manila quick start'))
  const began = performance.now()
  mkdirSync(options.dir, { recursive: true, mode: 0o700 })
  const before = readState(options.dir)
  const wish = { ...options, backend: options.backend ?? before?.backend ?? null }
  const choice = await told.step(
    'choose a backend',
    () => chooseBackend(wish, told),
    ({ kind, why }) => `${kind} — ${why}`,
  )
  const installed = performance.now()
  // Who only wants to see a share need not wait for pages.
  const building = options.once ? null : beginBuild()
  const service = await start(wish, choice, told).catch(async (error: unknown) => {
    building?.stop()
    await unmountShares(options.dir)
    throw error
  })
  let code = 0
  try {
    // Who presses Ctrl-C does not wait for what has not been shown yet.
    const outcome = await Promise.race([show(service, choice, options, told), stopAsked])
    code = outcome ?? (options.once ? 1 : 0)
    if (outcome !== undefined)
      told.line(
        `\n  Ready in ${((performance.now() - installed) / 1000).toFixed(1)} s (packages aside: ${((installed - began) / 1000).toFixed(1)} s before).`,
      )
    if (outcome !== undefined && options.once) told.line(`  ${await dashboardLine(service.url)}`)
    if (outcome !== undefined && !options.once) {
      await Promise.race([awaitBuild(building, told), stopAsked])
      await printUse(service, options, told)
      await stopAsked
      told.line('')
    }
  } finally {
    building?.stop()
    await told.step('stop: unmount and detach', async () => {
      await service.stop({ detach: true })
      await unmountShares(options.dir)
    })
  }
  return code
}

async function start(options: RunOptions, choice: Choice, told: Steps): Promise<Service> {
  const before = readState(options.dir)
  const state = {
    backend: choice.kind,
    poolGib: isPool(choice.kind) ? Math.max(before?.poolGib ?? 0, poolSizeGib(options)) : null,
    nfsPort:
      before?.nfsPort ??
      (await chooseNfsPort(choice.servers === 'per-project' ? serverAddresses : undefined)),
    ...(before?.made !== undefined && { made: before.made }),
    ...(before?.demonstration !== undefined && { demonstration: before.demonstration }),
  }
  writeState(options.dir, state)
  const settings = quickstartSettings(options, choice, state)
  await checkDatabase(settings, 'Start it, then start again.')
  if (choice.kind === 'directory' && choice.exported)
    await told.step('mount a file system for the shares', () =>
      mountShares(options.dir, poolSizeGib(options)),
    )
  return told.step(
    'start manila-api, manila-scheduler and manila-share',
    () => startService(settings, { logFile: join(options.dir, 'manila.log') }),
    ({ url }) => url,
  )
}

/**
 * Accounts, type, backend and the demonstration. Only `--once` depends on the last two: a service is started to be used, and why
 * it can't show something now (a full pool, a used quota, an address that is not reachable from here) may be gone in a minute.
 */
async function show(service: Service, choice: Choice, options: RunOptions, told: Steps): Promise<number> {
  const { directory } = options
  const more = directory === undefined ? {} : directoryClouds(directory, service.url)
  const { made } = readState(options.dir) ?? {}
  const clouds = await told.step(
    made?.accounts === true
      ? 'accounts: as they are since the first start'
      : 'accounts: administrator, project demo with user demo',
    () =>
      ensureAccounts(service.auth, options.dir, service.url, {
        link: !options.once,
        made: made?.accounts === true,
        more,
      }),
  )
  rememberMade(options.dir, 'accounts')
  if (directory !== undefined) {
    if (made?.directory !== true) await makeDirectory(service, directory, told)
    rememberMade(options.dir, 'directory')
  }
  await told.step('make the share type', () => ensureShareType(service, choice.kind))
  try {
    if (directory !== undefined) await showDirectory(service, directory, told)
    await told.step('bring up the backend', () => waitForBackend(service))
    if (!choice.exported && choice.kind === 'directory') {
      told.line(
        `  Nothing here can export the shares over NFS${choice.lacks === null ? '' : `: ${choice.lacks}`}.`,
      )
      return options.once ? 2 : 0
    }
    if (!options.once && readState(options.dir)?.demonstration?.isComplete === true)
      told.line('\n  The demonstration was shown at an earlier start; --once repeats it.')
    else await demonstrate(clouds, choice, options, told)
    return 0
  } catch (error) {
    if (options.once) throw error
    const where = join(options.dir, 'manila.log')
    told.line(
      `\n  ${styleText('yellow', 'NOT SHOWN')}: ${messageOf(error)}\n  The service runs all the same. The log is ${where}`,
    )
    return 0
  }
}

async function printUse(service: Service, options: RunOptions, told: Steps): Promise<void> {
  const clouds = relative(process.cwd(), join(options.dir, 'clouds.yaml'))
  const linked = isOurLink(resolve('clouds.yaml'), options.dir)
  told.line(`
  Serving at ${service.url} until Ctrl-C. Clouds manila-demo and manila-admin are in ${clouds}.
${linked ? '' : `    export OS_CLIENT_CONFIG_FILE=${clouds}\n`}
    npm run manila -- --os-cloud manila-demo share list
    openstack --os-cloud manila-demo share create NFS 1 --name mine --wait
    curl ${service.url}/healthcheck

  ${await dashboardLine(service.url)}
${loginLines(options.dir)}`)
}

/** Starts once more so that every part unmounts what it mounted, then removes the directory. */
async function clean(options: QuickstartOptions, told: Steps): Promise<number> {
  const state = readState(options.dir)
  if (!existsSync(options.dir)) {
    told.line(`${options.dir} is not there: nothing to clean.`)
    return 0
  }
  if (state === null) {
    throw new Error(
      `${options.dir} was not made by the quick start (it has no quickstart.json): remove it yourself`,
    )
  }
  await told.step('unmount and detach', async () => {
    const wish = { ...options, backend: state.backend, port: 0, noInstall: true }
    const choice = await chooseBackend(wish, told)
    const settings = quickstartSettings(wish, choice, state)
    await checkDatabase(
      settings,
      `It says what is mounted, so nothing was unmounted or removed: start it and clean again, or unmount what is below ${options.dir} yourself and remove that`,
    )
    if (choice.kind === 'directory' && choice.exported) await mountShares(options.dir, poolSizeGib(options))
    const service = await startService(settings, { logFile: join(options.dir, 'manila.log') })
    await waitForBackend(service).catch(() => {})
    await service.stop({ detach: true })
    await unmountShares(options.dir)
  })
  const link = resolve('clouds.yaml')
  if (isOurLink(link, options.dir)) rmSync(link)
  await told.step(`remove ${options.dir}`, async () => rmSync(options.dir, { recursive: true, force: true }))
  return 0
}

const isPool = (kind: Choice['kind']): boolean => kind === 'image' || kind === 'btrfs'

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))
