/** Attacks with names that a driver or an exporter might make a path of: everything that a tenant or a hurried administrator may write. */
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { bootstrap } from '../../../src/auth/bootstrap.ts'
import { loadSettings } from '../../../src/config/load.ts'
import { startService, type Service } from '../../../src/main.ts'
import { ensureShareType, waitForBackend } from '../../../tools/quickstart/warm-up.ts'
import { group, type Attack, type Group } from '../attack.ts'

interface NamesWorld {
  readonly service: Service
  /** Everything that the service may write is in here, and a file that is none of its business. */
  readonly dir: string
  readonly canary: string
  call(method: string, path: string, body?: unknown): Promise<{ status: number; json: never; text: string }>
  close(): Promise<void>
}

async function openNamesWorld(): Promise<NamesWorld> {
  const top = mkdtempSync(join(tmpdir(), 'manila-names-'))
  const dir = join(top, 'state')
  const canary = join(top, 'canary')
  mkdirSync(dir)
  writeFileSync(canary, 'sings')
  const settings = loadSettings({
    defaults: {
      state_dir: dir,
      api: { port: 0 },
      log_level: 'error',
      shares: { default_share_type: 'default' },
      backends: { plain: { driver: 'directory', exporter: 'sim', report_interval_s: 5 } },
    },
  })
  const service = await startService(settings, { logFile: join(dir, 'manila.log') })
  const { userId, projectId } = await bootstrap(service.auth, { password: 'the admin 1' })
  await ensureShareType(service, 'directory')
  await waitForBackend(service)
  const { token } = await service.auth.loginWithPassword({
    user: { id: userId },
    password: 'the admin 1',
    address: '127.0.0.1',
    scope: { project: { id: projectId } },
  })
  return {
    service,
    dir,
    canary,
    async call(method, path, body) {
      const reply = await fetch(`${service.url}/v2${path}`, {
        method,
        headers: {
          'x-auth-token': token,
          'x-openstack-manila-api-version': '2.99',
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      })
      const text = await reply.text()
      return { status: reply.status, text, json: (text.startsWith('{') ? JSON.parse(text) : {}) as never }
    },
    async close() {
      await service.stop({ detach: true })
      rmSync(top, { recursive: true, force: true })
    },
  }
}

const up = '../'.repeat(12)
/** What leads out of a folder in one way of reading or another. */
export const leadsOut = [
  '..',
  '.',
  '../../canary',
  `${up}tmp/out`,
  '/etc/passwd',
  '..\\..\\canary',
  '%2e%2e%2fcanary',
  '..%2f..%2fcanary',
  '....//canary',
  '\u2025/\u2025/canary',
  '\uff0e\uff0e/canary',
  '-rf',
  '--reference=/etc/shadow',
  '$(touch out)',
  '`touch out`',
  ';touch out',
  '|touch out',
  'a\nb',
  '~root',
  '*',
  '{a,b}',
  '.trash',
]

/** Every file and folder of the world, but what the database and the log are written in. */
function tree({ dir }: NamesWorld): string[] {
  const top = join(dir, '..')
  return readdirSync(top, { recursive: true, withFileTypes: true })
    .map((entry) => relative(top, join(entry.parentPath, entry.name)))
    .filter((path) => !/manila\.(log|sqlite|db)|-(wal|shm|journal)$/.test(path))
    .toSorted()
}

const uuid = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/

/** What appeared, unless it is a share's own folder. */
const strange = (before: readonly string[], after: readonly string[]): string[] =>
  after.filter((path) => !before.includes(path) && !uuid.test(path))

async function settled(world: NamesWorld, id: string): Promise<{ status: string; text: string }> {
  const end = performance.now() + 30_000
  for (;;) {
    const { json, text } = await world.call('GET', `/shares/${id}`)
    const status = (json as { share?: { status: string } }).share?.status ?? 'gone'
    if (!/ing$|_starting$/.test(status)) return { status, text }
    if (performance.now() > end) throw new Error(`the share stays ${status}`)
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}

const names: Attack<NamesWorld> = {
  name: 'names that lead out of a folder',
  tries:
    'makes, renames and deletes shares whose name, description, metadata and mount point are paths, options and commands',
  async run(world) {
    const before = tree(world)
    const specs = { driver_handles_share_servers: false, mount_point_name_support: true }
    await world.call('POST', '/types', { share_type: { name: 'mounted', extra_specs: specs } })
    const good = { share_proto: 'NFS', size: 1, share_type: 'mounted', mount_point_name: 'good' }
    const first = await world.call('POST', '/shares', { share: good })
    if (first.status !== 200) throw new Error(`no mount point has a name: ${first.text}`)
    const made = [(first.json as { share: { id: string } }).share.id]
    const places: string[] = []
    let refused = 0
    for (const name of leadsOut) {
      const plain = { share_proto: 'NFS', size: 1 }
      const bodies = [
        { ...plain, name, description: name, metadata: { [name]: name, path: name } },
        { ...plain, share_type: 'mounted', mount_point_name: name },
        { ...plain, availability_zone: name },
        { ...plain, share_type: name },
      ]
      for (const share of bodies) {
        const answer = await world.call('POST', '/shares', { share })
        if (answer.status >= 300) refused++
        else made.push((answer.json as { share: { id: string } }).share.id)
      }
    }
    for (const id of made) {
      const { status } = await settled(world, id)
      if (status !== 'available') throw new Error(`a share with an odd name is ${status}`)
      const name = `${up}canary`
      await world.call('PUT', `/shares/${id}`, { share: { display_name: name } })
      places.push((await world.call('GET', `/shares/${id}/export_locations`)).text)
    }
    const grown = strange(before, tree(world))
    const folders = tree(world).filter((path) => uuid.test(path) && !before.includes(path)).length
    for (const id of made) await world.call('DELETE', `/shares/${id}`)
    for (const id of made) await settled(world, id)
    const left = strange(before, tree(world))
    const told = places.filter((text) => /\.\.|canary|touch/.test(text))
    const sings = existsSync(world.canary) && readFileSync(world.canary, 'utf8') === 'sings'
    return {
      through: grown.length > 0 || left.length > 0 || told.length > 0 || !sings || folders < made.length,
      tried: `${leadsOut.length} names in 7 places`,
      cameBack: `${refused} requests refused, ${made.length} shares with folders of their own ids; ${grown.length + left.length} strange files${[...grown, ...left].map((path) => ` ${path}`).join('')}; the file beside the state is ${sings ? 'as it was' : 'not what it was'}`,
    }
  },
}

const ids: Attack<NamesWorld> = {
  name: 'ids that lead out of a folder',
  tries: 'gives paths for the ids of shares, rules and types, and for what is to be taken under management',
  async run(world) {
    const before = tree(world)
    const replies: number[] = []
    for (const name of leadsOut) {
      const id = encodeURIComponent(name)
      const asked: [method: string, path: string, body?: unknown][] = [
        ['GET', `/shares/${id}x`],
        ['DELETE', `/shares/${id}x`],
        ['POST', `/shares/${id}x/action`, { force_delete: null }],
        ['GET', `/shares/${id}x/export_locations/${id}x`],
        ['DELETE', `/share-access-rules/${id}x/metadata/${id}x`],
        ['DELETE', `/types/${id}x`],
        ['POST', '/snapshots', { snapshot: { share_id: name } }],
        [
          'POST',
          '/shares/manage',
          { share: { service_host: `node@plain#${name}`, export_path: name, protocol: 'NFS' } },
        ],
        ['POST', '/snapshots/manage', { snapshot: { share_id: name, provider_location: `${up}${name}` } }],
      ]
      for (const [method, path, body] of asked) replies.push((await world.call(method, path, body)).status)
    }
    const odd = replies.filter((status) => status < 400 || status >= 500)
    const grown = strange(before, tree(world))
    return {
      through: odd.length > 0 || grown.length > 0,
      tried: `${replies.length} requests`,
      cameBack: `${odd.length} of them served or failing; ${grown.length} strange files`,
    }
  },
}

export const namesGroup = (): Group => group({ name: 'names', open: openNamesWorld, attacks: [names, ids] })
