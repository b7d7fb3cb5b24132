import { describe, expect, it } from 'vitest'
import type { ServiceView } from '../services/queries.ts'
import type { PoolView } from './queries.ts'
import { topology } from './topology.ts'

const service = (host: string, more: Partial<ServiceView> = {}): ServiceView => ({
  id: 1,
  binary: host.includes('@') ? 'manila-share' : 'manila-scheduler',
  host,
  zone: 'nova',
  status: 'enabled',
  state: 'up',
  updated_at: null,
  ...more,
})
const pool = (name: string, free: number): PoolView => {
  const [host = '', rest = ''] = name.split('@')
  const [backend = '', part = ''] = rest.split('#')
  return {
    id: name,
    name,
    host,
    backend,
    pool: part,
    capabilities: { total_capacity_gb: 100, free_capacity_gb: free, thin_provisioning: false },
  }
}

describe('the picture of hosts, backends and pools', () => {
  it('shows what is down or full first, at every level', () => {
    const hosts = topology(
      [
        service('a@fine'),
        service('b@one'),
        service('b@two', { state: 'down' }),
        service('c@full'),
        service('c@idle', { status: 'disabled' }),
        service('c'),
      ],
      [pool('a@fine#p', 90), pool('b@one#p', 50), pool('c@full#big', 60), pool('c@full#small', 2)],
    )
    expect(hosts.map(({ name, grade }) => [name, grade])).toEqual([
      ['b', 'down'],
      ['c', 'full'],
      ['a', 'fine'],
    ])
    expect(hosts[0]?.backends.map(({ label }) => label)).toEqual(['b@two', 'b@one'])
    const [full, idle] = hosts[1]?.backends ?? []
    expect(full?.pools.map((one) => [one.pool.pool, one.grade])).toEqual([
      ['small', 'full'],
      ['big', 'fine'],
    ])
    expect([full?.own, idle?.own, idle?.pools]).toEqual(['fine', 'off', []])
    expect(hosts[1]?.services.map(({ binary }) => binary)).toEqual(['manila-scheduler'])
  })

  it('has backends that no service speaks of', () => {
    expect(topology([], [pool('x@y#z', 50)])[0]?.backends[0]).toMatchObject({ label: 'x@y', service: null })
  })
})
