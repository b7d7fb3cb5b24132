import { afterEach, expect, it } from 'vitest'
import type { CallContext, Exporter, ExportRef, Publishes } from '../storage/contract/driver.ts'
import { publisherOf } from './publisher.ts'
import { passRules } from './reconcilers/access-rules.ts'
import { reconcileExports } from './reconcilers/exports.ts'
import { openBench, type Bench } from './bench.fixture.ts'
import { askOfShare, availableShare, queueRule } from './scenarios.fixture.ts'

let bench: Bench | undefined
afterEach(async () => {
  await bench?.close()
  bench = undefined
})

it('sends each share to whoever speaks its protocol, the driver first, and what is only an id to both', async () => {
  const said: string[] = []
  const speaks = (name: string, protocols: readonly string[]): Publishes => ({
    protocols,
    accessTypes: protocols.map((protocol) => [protocol, name] as const),
    publish: async (_, { protocol }) => (said.push(`${name} publishes ${protocol}`), []),
    unpublish: async () => void said.push(`${name} unpublishes`),
    applyRules: async (_, { protocol }) => (said.push(`${name} rules ${protocol}`), []),
    inventory: async () => [name],
  })
  const exporter: Exporter = {
    ...speaks('exporter', ['NFS', 'CEPHFS']),
    name: 'exporter',
    setup: async () => {},
    stop: async () => {},
  }
  const both = publisherOf(speaks('driver', ['CEPHFS']), exporter)!
  const call = {} as CallContext
  const target = (protocol: string): ExportRef => ({
    id: '1',
    protocol,
    projectId: 'p',
    state: {},
    tree: null,
    name: '1',
  })
  expect(both.protocols).toEqual(['CEPHFS', 'NFS'])
  expect(both.accessTypes).toEqual([
    ['CEPHFS', 'driver'],
    ['NFS', 'exporter'],
  ])
  await both.publish(call, target('CEPHFS'))
  await both.publish(call, target('NFS'))
  await both.applyRules(call, target('NFS'), [])
  await both.unpublish(call, target('CEPHFS'))
  expect(said).toEqual([
    'driver publishes CEPHFS',
    'exporter publishes NFS',
    'exporter rules NFS',
    'driver unpublishes',
  ])
  said.length = 0
  await both.unpublish(call, target(''))
  expect(said).toEqual(['driver unpublishes', 'exporter unpublishes'])
  expect(await both.inventory(call)).toEqual(['driver', 'exporter'])
  await expect(both.publish(call, target('CIFS'))).rejects.toMatchObject({ outcome: 'nothing-happened' })
  expect(publisherOf(undefined, null)).toBeNull()
})

it('gives a share of a native protocol its locations, its rules with their keys, and its end', async () => {
  bench = await openBench({ native: ['CEPHFS'] })
  const { db } = bench.store
  const share = await availableShare(bench, { protocol: 'CEPHFS' })
  const locations = () => db.selectFrom('share_instance_export_locations').select('path').execute()
  expect(await locations()).toEqual([{ path: `127.0.0.1:/sim/${share.instanceId}` }])
  await queueRule(bench, share, 'alice', { type: 'cephx' })
  await passRules(bench, share.instanceId, false)
  const [rule] = await db.selectFrom('access_rules').select(['access_to', 'access_key']).execute()
  expect(rule).toMatchObject({
    access_to: 'alice',
    access_key: expect.stringMatching(/^[A-Za-z0-9+/]{43}=$/),
  })
  expect(bench.admitted(share.instanceId)).toEqual(['cephx:alice:rw'])
  expect(await reconcileExports(bench)).toBe(0)
  await askOfShare(bench, share, 'delete-share', { force: false, deferred: false }, 'deleting')
  await bench.drain()
  expect(bench.held()).toMatchObject({ shares: [], exports: [] })
})
