import { afterEach, expect, it } from 'vitest'
import type { CallContext, ExportRef, Publishes } from '../storage/contract/driver.ts'
import { publisherOf, type MemberState } from './publisher.ts'
import { passRules } from './reconcilers/access-rules.ts'
import { reconcileExports } from './reconcilers/exports.ts'
import { openBench, type Bench } from './bench.fixture.ts'
import { askOfShare, availableShare, queueRule } from './scenarios.fixture.ts'

let bench: Bench | undefined
afterEach(async () => {
  await bench?.close()
  bench = undefined
})

const call = {} as CallContext
const target = (protocol: string): ExportRef => ({
  id: '1',
  protocol,
  projectId: 'p',
  state: {},
  tree: null,
  name: '1',
})

/** A member that speaks more than it is chosen for, and writes into `said` what it is asked. */
function member(said: string[], key: string, protocols: readonly string[]): { state: MemberState } {
  const publishes: Publishes = {
    protocols: [...protocols, 'HDFS'],
    accessTypes: [...protocols, 'HDFS'].map((protocol) => [protocol, key] as const),
    publish: async (_, { protocol }) => (said.push(`${key} publishes ${protocol}`), []),
    unpublish: async () => void said.push(`${key} unpublishes`),
    applyRules: async (_, { protocol }) => (said.push(`${key} rules ${protocol}`), []),
    inventory: async () => [key, 'of both'],
    damaged: async () => [`${key} damaged`],
    troubles: () => [`${key} is slow`],
  }
  return {
    state: {
      member: { key, name: key, protocols, publishes, server: null, dir: '/' },
      up: true,
      reason: null,
      failures: 0,
    },
  }
}

it('sends each share to whoever was chosen for its protocol, and what is only an id to all', async () => {
  const said: string[] = []
  const all = publisherOf('host@a', [member(said, 'nfs', ['NFS']), member(said, 'native', ['CEPHFS'])])!
  expect(all.protocols).toEqual(['NFS', 'CEPHFS'])
  expect(all.accessTypes).toEqual([
    ['NFS', 'nfs'],
    ['CEPHFS', 'native'],
  ])
  await all.publish(call, target('CEPHFS'))
  await all.publish(call, target('NFS'))
  await all.applyRules(call, target('NFS'), [])
  await all.unpublish(call, target('CEPHFS'))
  expect(said).toEqual([
    'native publishes CEPHFS',
    'nfs publishes NFS',
    'nfs rules NFS',
    'native unpublishes',
  ])
  said.length = 0
  // Also where a table was taken out of the configuration: it may have been anybody's.
  for (const nobodys of ['', 'CIFS']) await all.unpublish(call, target(nobodys))
  expect(said).toEqual(['nfs unpublishes', 'native unpublishes', 'nfs unpublishes', 'native unpublishes'])
  expect(await all.inventory(call)).toEqual(['nfs', 'of both', 'native'])
  for (const nobodys of ['CIFS', 'HDFS'])
    await expect(all.publish(call, target(nobodys))).rejects.toMatchObject({
      outcome: 'nothing-happened',
      reason: 'unsupported',
    })
  expect(publisherOf('host@a', [])).toBeNull()
})

it('has what is up go on without what is not, which asks to be asked again', async () => {
  const said: string[] = []
  const [nfs, cifs] = [member(said, 'nfs', ['NFS']), member(said, 'cifs', ['CIFS'])]
  const both = publisherOf('host@a', [nfs, cifs])!
  cifs.state = { ...cifs.state, up: false, reason: 'no smbd here' }
  expect(both.protocols).toEqual(['NFS', 'CIFS'])
  expect(both.offeredProtocols).toEqual(['NFS'])
  expect(['NFS', 'CIFS', 'HDFS'].filter((one) => both.isUp(one))).toEqual(['NFS'])
  await both.publish(call, target('NFS'))
  const later = {
    outcome: 'nothing-happened',
    reason: 'busy',
    retryAfterS: 5,
    message: 'exporter cifs of host@a is not up: no smbd here',
  }
  for (const ask of [
    () => both.publish(call, target('CIFS')),
    () => both.applyRules(call, target('CIFS'), []),
    () => both.unpublish(call, target('CIFS')),
    () => both.unpublish(call, target('')),
  ])
    await expect(ask()).rejects.toMatchObject(later)
  expect(said).toEqual(['nfs publishes NFS', 'nfs unpublishes'])
  expect(await both.inventory(call)).toEqual(['nfs', 'of both'])
  expect(await both.damaged!(call)).toEqual(['nfs damaged'])
  expect(both.troubles()).toEqual(['nfs is slow', later.message])
  expect(both.notUp('NFS')).toBeNull()
  expect(both.notUp('HDFS')).toBeNull()
  expect(both.notUp('CIFS')).toEqual({ why: later.message, isLasting: false })
  cifs.state = { ...cifs.state, failures: 5 }
  expect(both.notUp('CIFS')).toEqual({ why: later.message, isLasting: true })
  // Being set up for the first time is no trouble yet, and what it will speak is offered.
  cifs.state = { ...cifs.state, reason: null }
  expect(both.troubles()).toEqual(['nfs is slow'])
  expect(both.offeredProtocols).toEqual(['NFS', 'CIFS'])
  expect(both.isUp('CIFS')).toBe(false)
  cifs.state = { ...cifs.state, up: true }
  await both.unpublish(call, target(''))
  expect(said.slice(2)).toEqual(['nfs unpublishes', 'cifs unpublishes'])
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
