/**
 * What a backend says when it fails names paths, commands and hosts. Every verb of the pretend backend that a request leads to is made to
 * fail with such words, an administrator's on the tenant's shares, too; then those of the share manager's own looks (inventory, ensure). Then
 * the tenant reads all there is for him to read: none of them is in it. The administrator finds them, so they were there.
 */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { parse } from 'yaml'
import { followAt } from '../../src/api/events/stream.fixture.ts'
import { setFaults, verbs, type Faults } from '../../src/storage/sim/faults.ts'
import { startServiceProcess, type ServiceProcess } from '../helpers/service-process.ts'
import { until } from '../faults/world.ts'
import { routeTable } from '../routes/table.ts'

const words = 'btrfs subvolume create /srv/pool-7/manila on stor7.rack: exit 1, Permission denied'
/** Any of these in a reply is a leak; the last is the service's own name of the pool. */
const pieces = ['btrfs subvolume', '/srv/pool-7', 'stor7.rack', 'exit 1', 'node@alpha']

const dir = mkdtempSync(join(tmpdir(), 'manila-words-'))
const backend = join(dir, 'backends', 'alpha')
let service: ServiceProcess
beforeAll(async () => {
  const options = { driver: 'sim', exporter: 'sim', report_interval_s: 2 }
  service = await startServiceProcess({
    dir,
    kind: 'sim',
    settings: { api: { usage_wait_s: 1 }, backends: { alpha: options } },
  })
})
afterAll(async () => {
  await service?.stop()
  rmSync(dir, { recursive: true, force: true })
})

type Who = 'manila-admin' | 'manila-demo'
const tokens = new Map<Who, string>()

async function tokenOf(who: Who): Promise<string> {
  const known = tokens.get(who)
  if (known !== undefined) return known
  const { clouds } = parse(readFileSync(service.clouds, 'utf8')) as {
    clouds: Record<string, { auth: { username: string; password: string; project_name: string } }>
  }
  const { username: name, password, project_name } = clouds[who]!.auth
  const domain = { id: 'default' }
  const auth = {
    identity: { methods: ['password'], password: { user: { name, password, domain } } },
    scope: { project: { name: project_name, domain } },
  }
  const answer = await fetch(`${service.url}/identity/v3/auth/tokens`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ auth }),
  })
  const token = answer.headers.get('x-subject-token') ?? ''
  tokens.set(who, token)
  return token
}

interface Said {
  readonly status: number
  readonly text: string
  // oxlint-disable-next-line typescript/no-explicit-any -- a reply's shape is what the test is about
  readonly body: any
}

async function call(who: Who, method: string, path: string, body?: unknown, minor = 99): Promise<Said> {
  const headers = {
    'x-auth-token': await tokenOf(who),
    'x-openstack-manila-api-version': `2.${minor}`,
    'content-type': 'application/json',
  }
  const sent = body === undefined ? {} : { body: JSON.stringify(body) }
  const answer = await fetch(`${service.url}/v2${path}`, { method, headers, ...sent })
  const said = await answer.text()
  const text = `${JSON.stringify([...answer.headers])}${said}`
  return { status: answer.status, text, body: said === '' ? {} : (JSON.parse(said) as unknown) }
}

const failing = (...which: (keyof Faults)[]): Promise<void> =>
  setFaults(backend, Object.fromEntries(which.map((verb) => [verb, { kind: 'fail', message: words }])))

async function must(
  method: string,
  path: string,
  body: unknown,
  who: Who = 'manila-demo',
): Promise<Said['body']> {
  const { status, text, body: answer } = await call(who, method, path, body)
  expect([path, status < 300, text.slice(-300)]).toEqual([path, true, expect.anything()])
  return answer
}
/** Until all its work is over; answers how the newest ended. */
async function ended(id: string, who: Who = 'manila-demo'): Promise<string> {
  let states: string[] = []
  await until(`work on ${id} is over`, 30_000, async () => {
    const { operations } = (await call(who, 'GET', `/operations?resource_id=${id}&all_tenants=1`)).body
    states = operations.map(({ state }: { state: string }) => state)
    return states.every((state) => ['done', 'failed'].includes(state))
  })
  return states[0] ?? ''
}

async function newShare(more: object = {}, wanted = 'done'): Promise<string> {
  const { share } = await must('POST', '/shares', { share: { share_proto: 'NFS', size: 2, ...more } })
  expect(await ended(share.id)).toBe(wanted)
  return share.id as string
}

async function newSnapshot(share_id: string, wanted = 'done'): Promise<string> {
  const { snapshot } = await must('POST', '/snapshots', { snapshot: { share_id } })
  expect(await ended(snapshot.id)).toBe(wanted)
  return snapshot.id as string
}

async function fails(id: string, method: string, path: string, body?: unknown): Promise<void> {
  await must(method, path, body)
  expect(await ended(id)).toBe('failed')
}

async function failsForAdmin(id: string, path: string, body: unknown): Promise<void> {
  await must('POST', path, body, 'manila-admin')
  expect(await ended(id, 'manila-admin')).toBe('failed')
}

/** What an administrator does with the shares of the tenant. */
async function failAdministrator(): Promise<void> {
  const [share, kept] = [await newShare(), await newShare()]
  const [snapshot, returning] = [await newSnapshot(kept), await newSnapshot(kept)]
  const action = (kind: string, id: string) => `/${kind}/${id}/action`
  const read = (await call('manila-admin', 'GET', `/snapshots/${returning}`)).body.snapshot
  await must('POST', action('snapshots', returning), { unmanage: null }, 'manila-admin')
  await until('the snapshot is let go', 30_000, async () => {
    return (await call('manila-admin', 'GET', `/snapshots/${returning}`)).status === 404
  })
  await failing('unmanage-snapshot')
  await failsForAdmin(snapshot, action('snapshots', snapshot), { unmanage: null })
  await failing('manage-snapshot')
  const { provider_location } = read
  const { snapshot: again } = await must(
    'POST',
    '/snapshots/manage',
    { snapshot: { share_id: kept, provider_location } },
    'manila-admin',
  )
  expect(await ended(again.id, 'manila-admin')).toBe('failed')
  await failing()
  const loose = await newShare()
  const { host } = (await call('manila-admin', 'GET', `/shares/${loose}`)).body.share
  const { export_locations } = (await call('manila-admin', 'GET', `/shares/${loose}/export_locations`)).body
  await must('POST', action('shares', loose), { unmanage: null }, 'manila-admin')
  await until('the share is let go', 30_000, async () => {
    return (await call('manila-admin', 'GET', `/shares/${loose}`)).status === 404
  })
  await failing('manage')
  // Public, so that the tenant has something of it to read.
  const { share: public_ } = await must(
    'POST',
    '/shares/manage',
    {
      share: { service_host: host, protocol: 'NFS', export_path: export_locations[0].path, is_public: true },
    },
    'manila-admin',
  )
  expect(await ended(public_.id, 'manila-admin')).toBe('failed')
  await failing('unmanage')
  await failsForAdmin(share, action('shares', share), { unmanage: null })
}

/** Everything that fails for a tenant, each by its own verb; answers the ids of what is left of it. */
async function failEverything(): Promise<Record<string, string>> {
  const [share, small, reverted] = [await newShare(), await newShare(), await newShare()]
  const [snapshot, stubborn] = [await newSnapshot(reverted), await newSnapshot(share)]
  const [doomed, exported] = [await newShare(), await newShare()]
  await failing('create')
  await newShare({}, 'failed')
  await failing('publish')
  await newShare({}, 'failed')
  await failing('clone')
  await newShare({ snapshot_id: snapshot }, 'failed')
  await failing('apply-rules')
  const rule = { allow_access: { access_type: 'ip', access_to: '10.0.0.9' } }
  const { access } = await must('POST', `/shares/${share}/action`, rule)
  await until('the rule is in error', 30_000, async () => {
    const { body } = await call('manila-demo', 'GET', `/share-access-rules/${access.id}`)
    return body.access.state === 'error'
  })
  // One verb at a time: what failed is undone by others.
  await failing('create-snapshot')
  await newSnapshot(share, 'failed')
  await failing('delete-snapshot')
  await fails(stubborn, 'DELETE', `/snapshots/${stubborn}`)
  await failing('shrink')
  await fails(small, 'POST', `/shares/${small}/action`, { shrink: { new_size: 1 } })
  await failing('revert')
  await fails(reverted, 'POST', `/shares/${reverted}/action`, { revert: { snapshot_id: snapshot } })
  await failing('extend')
  await fails(share, 'POST', `/shares/${share}/action`, { extend: { new_size: 3 } })
  await failing('delete')
  await fails(doomed, 'DELETE', `/shares/${doomed}`)
  await failing('unpublish')
  await fails(exported, 'DELETE', `/shares/${exported}`)
  await failing()
  await failAdministrator()
  await failing('measure', 'inventory', 'inventory-exports', 'ensure', 'pools')
  return { share, snapshot: stubborn, rule: access.id as string }
}

test(
  'no word of a backend reaches a tenant; administrators are told them',
  { timeout: 120_000 },
  async () => {
    expect(verbs).toContain('measure')
    const ids = await failEverything()
    const { operations } = (await call('manila-demo', 'GET', '/operations')).body
    const failed = operations.filter(({ state }: { state: string }) => state === 'failed')
    const kinds = new Set<string>(failed.map(({ kind }: { kind: string }) => kind))
    expect([...kinds].toSorted((a, b) => a.localeCompare(b))).toEqual([
      'create-share',
      'create-snapshot',
      'delete-share',
      'delete-snapshot',
      'extend-share',
      'revert-share',
      'shrink-share',
      'unmanage-share',
      'unmanage-snapshot',
    ])

    // The routes with each id that the tenant has.
    const paths = new Set<string>()
    for (const route of routeTable) {
      if (route.method !== 'GET' || route.later === true || route.endless === true) continue
      const named = { ...ids, project: '', key: 'k' } as Record<string, string>
      if (Object.values(route.ids).every((noun) => (named[noun] ?? '') !== ''))
        paths.add(route.path.replaceAll(/:(\w+)/g, (_, name: string) => named[route.ids[name] ?? ''] ?? ''))
    }
    for (const { id } of failed) paths.add(`/operations/${id}`)
    for (const { id } of (await call('manila-demo', 'GET', '/shares')).body.shares) paths.add(`/shares/${id}`)
    for (const path of [`/shares/${ids.share}/usage?refresh=1`, `/share-access-rules?share_id=${ids.share}`])
      paths.add(path)
    expect(paths.size).toBeGreaterThan(40)
    let read = 0
    for (const path of paths)
      for (const minor of [0, 44, 99]) {
        const { text } = await call('manila-demo', 'GET', path, undefined, minor)
        read += text.length
        for (const piece of pieces)
          expect([path, minor, text.includes(piece) ? text : '']).toEqual([path, minor, ''])
      }
    expect(read).toBeGreaterThan(50_000)
    const events = await followAt(`${service.url}/v2/events`, {
      'x-auth-token': await tokenOf('manila-demo'),
      'x-openstack-manila-api-version': '2.99',
      'last-event-id': '0',
    })
    await events.until((got) => got.length > failed.length * 2)
    events.stop()
    await events.ended
    for (const piece of pieces) expect([piece, events.text().includes(piece)]).toEqual([piece, false])
    for (const { cause } of failed) {
      expect(cause.message).toMatch(/^[A-Z].*\.$/)
      expect(Object.keys(cause).sort()).toEqual(['code', 'detail_id', 'message', 'retryable'])
    }

    const seen = (await call('manila-admin', 'GET', '/operations?all_tenants=1')).body.operations
    const told = seen.filter(({ cause }: { cause: { detail?: string } | null }) =>
      cause?.detail?.includes(words),
    )
    const byAdmin = ['manage-share', 'manage-snapshot']
    expect(new Set(told.map(({ kind }: { kind: string }) => kind))).toEqual(new Set([...kinds, ...byAdmin]))
  },
)
