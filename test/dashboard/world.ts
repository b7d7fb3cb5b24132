/**
 * What a test in the browser stands on: the real service as a process, with accounts, and the dashboard beside it. It can be killed and
 * comes back at the same address.
 */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parse } from 'yaml'
import { freePort } from '../../src/exec/free-port.ts'
import type { Cloud } from '../../tools/quickstart/accounts.ts'
import { connect } from '../../src/sdk/connect.ts'
import type { Client } from '../../src/sdk/client.ts'
import { startServiceProcess, type ServiceProcess, type ServiceSettings } from '../helpers/service-process.ts'
import { builtDashboard } from './build.ts'
import { servePlainFiles, type PlainFiles } from './plain-files.ts'

export interface User {
  readonly name: string
  readonly password: string
  readonly project: string
}

export interface WorldOptions {
  readonly kind?: ServiceSettings['kind']
  /** As in the TOML file, besides what a world says itself; default a simulated backend `alpha`. */
  readonly settings?: Readonly<Record<string, unknown>>
  /** The same, where it must know the world's folder. */
  readonly inDir?: (dir: string) => Readonly<Record<string, unknown>>
  readonly env?: Readonly<Record<string, string>>
  /** `cookie` (default): the service serves the pages. `memory`: plain files of another origin. */
  readonly door?: 'cookie' | 'memory'
}

export interface World extends AsyncDisposable {
  /** Where the pages are, up to and with `/dashboard/`. */
  readonly dashboard: string
  /** Of the API, without `/v2`. */
  readonly api: string
  readonly dir: string
  readonly service: ServiceProcess
  /** Of another origin, which the API lets in. */
  readonly files: PlainFiles
  readonly admin: User
  readonly demo: User
  /** The SDK, signed in. */
  client(user: User): Promise<Client>
  /** A project and a user of the same name in it. */
  tenant(name: string, roles?: readonly string[]): Promise<User>
  kill(): Promise<void>
  /** At the same address, on the same state; with other settings where they are given. */
  start(settings?: Readonly<Record<string, unknown>>): Promise<void>
}

/** Of which nothing larger than 100 GiB can be had, whatever the quota says. */
export const simulated = {
  backends: {
    alpha: {
      driver: 'sim',
      exporter: 'sim',
      report_interval_s: 2,
      max_over_subscription_ratio: 1,
      driver_options: {
        pools: [
          { name: 'fast', total_gib: 100 },
          { name: 'bulk', total_gib: 80, thin: false },
        ],
      },
    },
  },
  quota: { gigabytes: 10_000 },
}

export async function startWorld({
  kind = 'sim',
  settings: given,
  inDir,
  env = {},
  door = 'cookie',
}: WorldOptions = {}): Promise<World> {
  const dir = mkdtempSync(join(tmpdir(), 'manila-dashboard-'))
  const settings = inDir?.(dir) ?? given ?? simulated
  const port = await freePort()
  const api = `http://127.0.0.1:${port}`
  const files = await servePlainFiles()
  files.point({ endpoint: `${api}/v2`, identity: `${api}/identity` })
  const started = (given: Readonly<Record<string, unknown>>): Promise<ServiceProcess> =>
    startServiceProcess({
      dir: join(dir, 'var'),
      kind,
      env: { TEST_DETACH: '1', ...env },
      settings: {
        ...given,
        dashboard: { dir: builtDashboard() },
        api: {
          changes_per_minute: 0,
          ...(given.api as object | undefined),
          port,
          cors: { origins: [files.origin] },
        },
      },
    })
  let service = await started(settings)
  const { clouds } = parse(readFileSync(service.clouds, 'utf8')) as { clouds: Record<string, Cloud> }
  const account = (name: string): User => {
    const { auth } = clouds[name] as Cloud
    return { name: auth.username, password: auth.password, project: auth.project_name }
  }
  const admin = account('manila-admin')
  const client = ({ name, password, project }: User): Promise<Client> =>
    connect({
      authUrl: `${api}/identity/v3`,
      username: name,
      password,
      projectName: project,
      userDomainName: 'Default',
      projectDomainName: 'Default',
      env: {},
      cwd: dir,
      home: dir,
    })
  const world: World = {
    dashboard: `${door === 'cookie' ? api : files.origin}/dashboard/`,
    api,
    dir,
    get service() {
      return service
    },
    files,
    admin,
    demo: account('manila-demo'),
    client,
    async tenant(name, roles = ['member']) {
      const token = await (await client(admin)).tokens.current()
      return newTenant({ api, token }, name, roles)
    },
    kill: () => service.kill(),
    async start(again = settings) {
      service = await started(again)
    },
    async [Symbol.asyncDispose]() {
      files.close()
      await service.stop()
      rmSync(dir, { recursive: true, force: true })
    },
  }
  return world
}

async function newTenant(
  { api, token }: { readonly api: string; readonly token: string },
  name: string,
  roles: readonly string[],
): Promise<User> {
  const ask = async <Answer>(method: string, path: string, body?: object): Promise<Answer> => {
    const response = await fetch(`${api}/identity/v3${path}`, {
      method,
      headers: { 'x-auth-token': token, 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${await response.text()}`)
    return (response.status === 204 ? null : await response.json()) as Answer
  }
  const password = `${name}-Pass-${crypto.randomUUID()}`
  const { project } = await ask<{ project: { id: string } }>('POST', '/projects', {
    project: { name, domain_id: 'default' },
  })
  const { user } = await ask<{ user: { id: string } }>('POST', '/users', {
    user: { name, password, domain_id: 'default' },
  })
  const known = (await ask<{ roles: { id: string; name: string }[] }>('GET', '/roles')).roles
  for (const role of known.filter((one) => roles.includes(one.name)))
    await ask('PUT', `/projects/${project.id}/users/${user.id}/roles/${role.id}`)
  return { name, password, project: name }
}
