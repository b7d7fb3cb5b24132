/** What python3-manilaclient sends of share groups otherwise than the API's pages say. */
import { afterAll, beforeAll, expect, it } from 'vitest'
import { openBench, type Bench } from '../bench.fixture.ts'
import { routes } from '../routes.ts'

let bench: Bench
let typeId: string
beforeAll(async () => {
  bench = await openBench(routes, (settings) => {
    settings.shares.default_share_type = 'gold'
  })
  const extra_specs = { driver_handles_share_servers: false }
  const made = await bench.call('POST', '/types', { body: { share_type: { name: 'gold', extra_specs } } })
  typeId = made.body.share_type.id
})
afterAll(() => bench.close())

const newType = (name: string, fields: object) =>
  bench.call('POST', '/share-group-types', { body: { share_group_type: { name, ...fields } } })

it('the share types of a group type are named or given by id, each once', async () => {
  const { status, body } = await newType('both', { share_types: ['gold', typeId] })
  expect([status, body.share_group_type?.share_types]).toEqual([200, [typeId]])
  for (const unknown of ['silver', bench.id()]) {
    const refused = await newType('none', { share_types: ['gold', unknown] })
    expect([refused.status, JSON.stringify(refused.body)]).toEqual([404, expect.stringContaining(unknown)])
  }
})

it('consistent_snapshot_support may be a boolean, but not anything', async () => {
  const group_specs = (value: unknown) => ({ consistent_snapshot_support: value })
  for (const value of ['True', 'False', true, 'pool', 'host']) {
    const name = `with ${typeof value} ${value}`
    const made = await newType(name, { share_types: [typeId], group_specs: group_specs(value) })
    expect([made.status, made.body.share_group_type?.group_specs]).toEqual([
      200,
      group_specs(value === true ? 'True' : value),
    ])
  }
  const refused = await newType('wrong', { share_types: [typeId], group_specs: group_specs('pol') })
  expect(refused.status).toBe(400)
})

it('lists of groups are filtered by type and network under the names that its options have', async () => {
  const { id } = (await newType('filtered', { share_types: [typeId] })).body.share_group_type
  const share_group = { share_group_type_id: id, name: 'one' }
  expect((await bench.call('POST', '/share-groups', { body: { share_group } })).status).toBe(202)
  const counted = async (query: string): Promise<number> =>
    (await bench.call('GET', `/share-groups?${query}`)).body.share_groups?.length
  for (const name of ['share_group_type', 'group_type_id', 'share_group_type_id'])
    expect([name, await counted(`${name}=${id}`), await counted(`${name}=${typeId}`)]).toEqual([name, 1, 0])
  expect(await counted(`share_network=${id}`)).toBe(0)
  // Of two names for one column the column's own counts.
  expect(await counted(`share_group_type=${typeId}&share_group_type_id=${id}`)).toBe(1)
  expect((await bench.call('GET', '/share-groups?constructor=x')).status).toBe(400)
})
