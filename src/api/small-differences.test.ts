/** Small things in which the wire once differed from the original's, each on every route that has it. */
import { request as httpRequest } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { replaceExportLocations, replaceSnapshotExportLocations } from '../db/store/export-locations.ts'
import { maxMinor } from '../model/version.ts'
import { routes } from './routes.ts'
import { seedBackend, seedShare, seedSnapshot } from './seed.fixture.ts'
import { openBench, personas, type Bench } from './bench.fixture.ts'

let bench: Bench
beforeEach(async () => {
  bench = await openBench(routes, ({ api }) => {
    Object.assign(api, { changes_per_minute: 100_000 })
  })
})
afterEach(() => bench.close())

const headers = {
  'x-auth-token': 'admin',
  'x-openstack-manila-api-version': '2.99',
  'content-type': 'application/json',
}
const id = '7a0f2b34-5a3c-4c0e-9d52-1d1f3a5f7c11'
const urlOf = (path: string): string => `/v2${path.replaceAll(/:\w+/g, id)}`

/** Methods and paths that read a body. */
const withBody = [
  ...new Set(
    routes
      .filter(({ endpoint }) => endpoint.body !== undefined && existsNow(endpoint.until))
      .map(({ endpoint: { method, path } }) => `${method} ${urlOf(path)}`),
  ),
].map((line) => line.split(' ') as ['POST' | 'PUT', string])

function existsNow(until: number | undefined): boolean {
  return until === undefined || until >= maxMinor
}

const refusal = async (method: 'POST' | 'PUT', url: string, payload: Buffer, type: string) => {
  const answer = await bench.app.inject({
    method,
    url,
    payload,
    headers: { ...headers, 'content-type': type },
  })
  const body: { badRequest?: { message: string } } = answer.json()
  return [answer.statusCode, body.badRequest?.message]
}

describe('a body', () => {
  it('that is not UTF-8, or in another charset, is 400 on every route', async () => {
    expect(withBody.length).toBeGreaterThan(25)
    const latin = Buffer.from('{"share":{"name":"caf\xe9"}}', 'latin1')
    const plain = Buffer.from('{"share":{}}')
    for (const [method, url] of withBody) {
      expect([url, ...(await refusal(method, url, latin, 'application/json'))]).toEqual([
        url,
        400,
        'Malformed request body: it is not UTF-8.',
      ])
      expect([url, ...(await refusal(method, url, plain, 'application/json; charset=latin1'))]).toEqual([
        url,
        400,
        'Malformed request body: its charset must be utf-8.',
      ])
    }
  })

  it.each(['application/json; charset=UTF-8', 'application/json;charset="utf-8"', 'application/json'])(
    'of %s is read',
    async (type) => {
      const { id: shareId } = await seedShare(bench)
      const answer = await bench.app.inject({
        method: 'PUT',
        url: `/v2/shares/${shareId}`,
        payload: Buffer.from('{"share":{"display_name":"café"}}'),
        headers: { ...headers, 'content-type': type },
      })
      expect([answer.statusCode, answer.json<{ share: { name: string } }>().share.name]).toEqual([
        200,
        'café',
      ])
    },
  )
})

describe('an empty last element', () => {
  it('is no collection, on whichever route', async () => {
    const { id: shareId } = await seedShare(bench, 'admin')
    for (const { endpoint } of routes) {
      const { method, path } = endpoint
      if (!existsNow(endpoint.until)) continue
      const url = `${urlOf(path).replaceAll(id, shareId)}/`
      for (const spelled of [url, `${url}.json`, url.replace('/v2', `/v2/${personas.admin.projectId}`)]) {
        const { statusCode } = await bench.app.inject({ method, url: spelled, headers, payload: '{}' })
        expect([method, spelled, statusCode]).toEqual([method, spelled, 404])
      }
    }
    const left = await bench.call('GET', `/shares/${shareId}`)
    expect(left.status).toBe(200)
    for (const url of ['/v2/', '/v2', '/'])
      expect((await bench.app.inject({ url, headers })).statusCode).toBeLessThan(400)
  })
})

describe('numbers', () => {
  it.each(['2147483647', '0002147483', '1'])('%s is a limit, an offset and a quota', async (number) => {
    for (const path of ['/shares', '/snapshots', '/messages', '/resource-locks', '/operations']) {
      const { status } = await bench.call('GET', `${path}?limit=${number}&offset=${number}`)
      expect([path, status]).toEqual([path, 200])
    }
    const quota = { quota_set: { shares: number, gigabytes: Number(number), force: true } }
    const { status, body } = await bench.call('PUT', `/quota-sets/${personas.demo.projectId}`, {
      body: quota,
    })
    expect([status, body.quota_set?.shares]).toEqual([200, Number(number)])
    const classes = await bench.call('PUT', '/quota-class-sets/default', {
      body: { quota_class_set: { shares: number } },
    })
    expect([classes.status, classes.body.quota_class_set?.shares]).toEqual([200, Number(number)])
    for (const path of ['/shares', '/snapshots'])
      expect((await bench.call('GET', `${path}?size=${number}`)).status).toBe(200)
  })

  it.each(['2147483648', '21474836470', '9999999999', '-2', '1e3', '1.5', '0x10'])(
    '%s is none',
    async (number) => {
      for (const path of ['/shares', '/snapshots', '/messages', '/operations']) {
        expect((await bench.call('GET', `${path}?limit=${number}`)).status).toBe(400)
        expect((await bench.call('GET', `${path}?offset=${number}`)).status).toBe(400)
      }
      const url = `/quota-sets/${personas.demo.projectId}`
      expect((await bench.call('PUT', url, { body: { quota_set: { shares: number } } })).status).toBe(400)
    },
  )

  it.each(['2147483647', 2_147_483_647, '2147483648', 2_147_483_648])(
    '%j as a new size',
    async (new_size) => {
      const { id: shareId } = await seedShare(bench)
      const token = 'demo'
      const { status } = await bench.call('POST', `/shares/${shareId}/action`, {
        token,
        body: { extend: { new_size } },
      })
      // What is understood is refused by the quota.
      expect(status).toBe(Number(new_size) > 2_147_483_647 ? 400 : 403)
    },
  )
})

describe('share types', () => {
  it('take numbers as text', async () => {
    const extra_specs = { driver_handles_share_servers: false, 'provisioning:max_share_size': 5, ratio: 0.5 }
    const made = await bench.call('POST', '/types', {
      body: { share_type: { name: 'numbers', extra_specs } },
    })
    const { id: typeId, extra_specs: specs } = made.body.share_type
    expect(specs).toMatchObject({ 'provisioning:max_share_size': '5', ratio: '0.5' })
    const more = { extra_specs: { 'provisioning:min_share_size': 6 } }
    expect((await bench.call('POST', `/types/${typeId}/extra_specs`, { body: more })).status).toBe(400)
    const put = await bench.call('PUT', `/types/${typeId}/extra_specs/ratio`, { body: { ratio: 7 } })
    expect(put.status).toBe(200)
    expect((await bench.call('GET', `/types/${typeId}/extra_specs/ratio`)).body).toEqual({ ratio: '7' })
  })

  it.each(['', ' ', '\t\n', ' '])('are not called %j', async (name) => {
    const extra_specs = { driver_handles_share_servers: 'False' }
    const { status } = await bench.call('POST', '/types', { body: { share_type: { name, extra_specs } } })
    expect(status).toBe(400)
    const { body } = await bench.call('POST', '/types', { body: { share_type: { name: 'x', extra_specs } } })
    const url = `/types/${body.share_type.id}`
    expect((await bench.call('PUT', url, { body: { share_type: { name } } })).status).toBe(400)
  })
})

describe('managing', () => {
  const manage = async (change: object) => {
    await seedBackend(bench)
    const extra_specs = { driver_handles_share_servers: 'False' }
    await bench.call('POST', '/types', { body: { share_type: { name: 'plain', extra_specs } } })
    const share = {
      service_host: 'node@sim#pool',
      export_path: '/x',
      protocol: 'NFS',
      share_type: 'plain',
      ...change,
    }
    return bench.call('POST', '/shares/manage', { body: { share } })
  }

  it.each(['node@none#pool', 'node@sim#none', 'garbage#pool', '@#pool', 'a@b@c#d#e'])(
    'on the unknown host %s is 404',
    async (service_host) => {
      const { status, body } = await manage({ service_host })
      expect([status, body.itemNotFound?.message]).toEqual([404, expect.stringContaining(service_host)])
    },
  )

  it.each(['node@sim', 'node@sim#', 'garbage'])('without a pool (%s) is 400', async (service_host) => {
    const { status, body } = await manage({ service_host })
    expect([status, body.badRequest.message]).toEqual([400, expect.stringContaining('share.service_host')])
  })

  it('names the field that was sent', async () => {
    const { status, body } = await manage({ protocol: 'SMTP' })
    expect([status, body.badRequest.message]).toEqual([
      400,
      expect.stringMatching(/^share\.protocol must be /),
    ])
  })

  it('takes numbers and booleans in driver_options as text', async () => {
    const share = await seedShare(bench, 'admin')
    const snapshot = {
      share_id: share.id,
      provider_location: 'snap-7',
      driver_options: { retries: 5, lazy: true, label: 'a' },
    }
    expect((await bench.call('POST', '/snapshots/manage', { body: { snapshot } })).status).toBe(202)
    const { payload } = await bench.db.selectFrom('operations').select('payload').executeTakeFirstOrThrow()
    expect(JSON.parse(payload)).toMatchObject({
      driverOptions: { retries: '5', lazy: 'True', label: 'a' },
    })
    const refused = await bench.call('POST', '/snapshots/manage', {
      body: { snapshot: { ...snapshot, driver_options: { deep: {} } } },
    })
    expect(refused.status).toBe(400)
  })
})

describe('export locations', () => {
  it('have updated_at from the start', async () => {
    const share = await seedShare(bench, 'demo')
    const snapshot = await seedSnapshot(bench, share)
    const location = { path: '10.0.0.1:/new', preferred: true, adminOnly: false }
    const now = bench.clock.now()
    const { id: instanceId } = await bench.db
      .selectFrom('snapshot_instances')
      .select('id')
      .where('snapshot_id', '=', snapshot.id)
      .executeTakeFirstOrThrow()
    await bench.store.transaction(async (tx) => {
      await replaceExportLocations(tx, share.instanceId, [location], now)
      await replaceSnapshotExportLocations(tx, instanceId, [location], now)
    })
    const ofShare = await bench.call('GET', `/shares/${share.id}/export_locations`)
    const one = await bench.call(
      'GET',
      `/shares/${share.id}/export_locations/${ofShare.body.export_locations[0].id}`,
    )
    expect(one.body.export_location.updated_at).toBe(one.body.export_location.created_at)
    const lists = [`/snapshots/${snapshot.id}`, `/snapshot-instances/${instanceId}`]
    const links: unknown[] = []
    for (const path of lists) {
      const { body } = await bench.call('GET', `${path}/export-locations`)
      const [listed] = body.share_snapshot_export_locations
      const { body: reply } = await bench.call('GET', `${path}/export-locations/${listed.id}`)
      const { share_snapshot_export_location: detail } = reply
      expect(detail.updated_at).toBe(detail.created_at)
      links.push(listed.links, detail.links)
    }
    expect(new Set(links.map((one) => JSON.stringify(one))).size).toBe(1)
    expect(JSON.stringify(links[0])).toContain(`/v2/snapshots/${snapshot.id}/export-locations/`)
  })
})

describe('lists', () => {
  it('of shares and of snapshots filter by name and description under both names', async () => {
    const wanted = await seedShare(bench, 'demo', { name: 'one', description: 'first of all' })
    const other = await seedShare(bench, 'demo', { name: 'two', description: 'second' })
    const snapshot = await seedSnapshot(bench, wanted)
    await seedSnapshot(bench, other)
    await bench.db
      .updateTable('snapshots')
      .set({ name: 'one', description: 'first of all' })
      .where('id', '=', snapshot.id)
      .execute()
    for (const [kind, found] of [
      ['shares', wanted.id],
      ['snapshots', snapshot.id],
    ] as const) {
      for (const query of [
        'name=one',
        'display_name=one',
        'name~=on',
        'display_name~=on',
        'description=first+of+all',
        'display_description=first+of+all',
        'description~=first',
        'display_description~=first',
      ]) {
        for (const path of [`/${kind}`, `/${kind}/detail`]) {
          const { body } = await bench.call('GET', `${path}?${query}`, { token: 'demo' })
          const ids = body[kind].map((one: { readonly id: string }) => one.id)
          expect([path, query, ids]).toEqual([path, query, [found]])
        }
      }
    }
  })
})

describe('refusals are English', () => {
  it('of locks', async () => {
    for (const [resource_type, noun] of [
      ['access_rule', 'an access rule'],
      ['share', 'a share'],
    ] as const) {
      const resource_lock = {
        resource_id: id,
        resource_type,
        resource_action: resource_type === 'share' ? 'delete' : 'show',
      }
      const { body } = await bench.call('POST', '/resource-locks', { token: 'demo', body: { resource_lock } })
      expect(body.badRequest.message).toBe(
        `resource_lock.resource_id must be the id of ${noun} that the caller can see`,
      )
    }
  })

  it('of every action that was given no object', async () => {
    let seen = 0
    const share = await seedShare(bench, 'admin')
    for (const { endpoint } of routes) {
      if (endpoint.action === undefined || !existsNow(endpoint.until)) continue
      const { body } = await bench.call('POST', urlOf(endpoint.path).slice(3).replaceAll(id, share.id), {
        body: { [endpoint.action]: 'x' },
      })
      const message = body?.badRequest?.message as string | undefined
      if (message === undefined) continue
      seen++
      expect(message).not.toMatch(/must be (object|string|integer|array|boolean|number)\b/)
      expect(message).not.toMatch(/\ba [aeio]/)
    }
    expect(seen).toBeGreaterThan(5)
  })
})

describe('at the border', () => {
  it('a 401 names the public URL', async () => {
    const named = await openBench(routes, ({ api }) => {
      Object.assign(api, { public_url: 'https://manila.example.org/' })
    })
    const { headers: got } = await named.app.inject({ url: '/v2/shares', headers: { host: 'evil.example' } })
    await named.close()
    expect(got['www-authenticate']).toBe('Keystone uri="https://manila.example.org/identity"')
  })

  it('a request line in absolute form is served', async () => {
    await bench.app.listen({ host: '127.0.0.1', port: 0 })
    const { port } = bench.app.server.address() as AddressInfo
    const ask = (path: string) =>
      new Promise<number | undefined>((resolve, reject) => {
        const request = httpRequest({ host: '127.0.0.1', port, path, headers, agent: false }, (response) => {
          response.resume().on('end', () => resolve(response.statusCode))
        })
        request.on('error', reject).end()
      })
    const at = `http://manila.example:${port}`
    expect(await ask(`${at}/v2/shares?limit=1`)).toBe(200)
    expect(await ask(`HTTPS://manila.example/v2/${personas.admin.projectId}/shares`)).toBe(200)
    expect(await ask(`${at}/v2/shares/`)).toBe(404)
    expect(await ask(`${at}/none`)).toBe(404)
    expect([await ask(`${at}/`), await ask(at)]).toEqual([300, 300])
  })
})
