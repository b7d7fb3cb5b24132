/** What an administrator made of a tenant's share holds it back: the refusal says whose it is. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { resourceLockRoutes } from '../resource-locks/routes.ts'
import { seedShare } from '../seed.fixture.ts'
import { snapshotRoutes } from '../snapshots/routes.ts'
import { openBench, personas, type Bench, type Token } from '../bench.fixture.ts'
import { shareRoutes } from './routes.ts'

let bench: Bench
let share: string
beforeEach(async () => {
  bench = await openBench([...shareRoutes, ...snapshotRoutes, ...resourceLockRoutes])
  share = (await seedShare(bench, 'demo')).id
})
afterEach(() => bench.close())

const admin = personas.admin.projectId

async function snapshotBy(token: Token): Promise<string> {
  const made = await bench.call('POST', '/snapshots', { token, body: { snapshot: { share_id: share } } })
  expect(made.status).toBe(202)
  const { id } = made.body.snapshot as { id: string }
  for (const table of ['snapshots', 'snapshot_instances'] as const)
    await bench.db.updateTable(table).set({ status: 'available' }).execute()
  return id
}

async function lockBy(token: Token): Promise<string> {
  const body = { resource_lock: { resource_id: share, resource_type: 'share', resource_action: 'delete' } }
  const made = await bench.call('POST', '/resource-locks', { token, body })
  expect(made.status).toBe(200)
  return (made.body.resource_lock as { id: string }).id
}

const act = (name: string, value: unknown = null, token: Token = 'demo') =>
  bench.call('POST', `/shares/${share}/action`, { token, body: { [name]: value } })
const remove = () => bench.call('DELETE', `/shares/${share}`, { token: 'demo' })
const messageOf = ({ body }: { body: unknown }): string =>
  Object.values(body as Record<string, { message: string }>)[0]?.message ?? ''

describe("a snapshot that is not the share owner's", () => {
  it.each([
    ['delete', remove],
    ['soft delete', () => act('soft_delete')],
    ['force delete', () => act('force_delete', null, 'admin')],
    ['unmanage', () => act('unmanage', null, 'admin')],
  ])('is named, with its project, when it stands in the way of: %s', async (_verb, ask) => {
    const id = await snapshotBy('admin')
    const refused = await ask()
    expect(refused.status).toBeGreaterThanOrEqual(400)
    expect(messageOf(refused)).toContain(
      `Snapshot ${id} of project ${admin} is not the share owner's: an administrator deletes it.`,
    )
  })

  it('is named when a revert would jump over it', async () => {
    const own = await snapshotBy('demo')
    bench.clock.advance(1)
    const id = await snapshotBy('admin')
    const refused = await act('revert', { snapshot_id: own })
    expect(refused.status).toBe(409)
    expect(messageOf(refused)).toContain(`Snapshot ${id} of project ${admin} is not the share owner's`)
  })

  it('is not spoken of where the owner sees all', async () => {
    await snapshotBy('demo')
    const refused = await remove()
    expect([refused.status, messageOf(refused)]).toEqual([
      403,
      `Share ${share} has 1 snapshot: delete it first.`,
    ])
  })

  it('is counted beyond three', async () => {
    for (let at = 0; at < 4; at++) await snapshotBy('admin')
    expect(messageOf(await remove())).toMatch(
      /^Share \S+ has 4 snapshots: .*Snapshots (\S+ of project \S+, ){2}\S+ of project \S+ and more are not/,
    )
  })
})

describe("a lock that is not the share owner's", () => {
  it.each([
    ['delete', remove],
    ['soft delete', () => act('soft_delete')],
    ['unmanage', () => act('unmanage', null, 'admin')],
  ])('is named when it stands in the way of: %s', async (_verb, ask) => {
    const id = await lockBy('admin')
    const refused = await ask()
    expect(refused.status).toBe(403)
    expect(messageOf(refused)).toContain(
      `Lock ${id} of project ${admin} is not the share owner's: an administrator removes it.`,
    )
  })

  it('is not spoken of when it is his own', async () => {
    await lockBy('demo')
    expect(messageOf(await remove())).not.toContain('not the share owner')
  })
})
