/** What is kept of a session tells nothing. Each test is one defence: with it taken out, the test named after it fails. */
import { afterEach, beforeEach, expect, test } from 'vitest'
import { openDashboard, ours, type Asking, type DashboardBench } from './dashboard.fixture.ts'

let world: DashboardBench
beforeEach(async () => {
  world = await openDashboard()
})
afterEach(() => world.close())

const shares = '/v2/shares'
const ask = (url: string, asking?: Asking) => world.ask(url, asking)
const cookieOf = async (name: 'admin' | 'demo' = 'demo'): Promise<string> => (await world.logIn(name)).cookie
const rows = () => world.bench.store.db.selectFrom('dashboard_sessions').selectAll().execute()

test('what is kept of one session opens no other one', async () => {
  const [admin, demo] = [await cookieOf('admin'), await cookieOf()]
  const [first, second] = await rows()
  const { db } = world.bench.store
  for (const [one, other] of [
    [first, second],
    [second, first],
  ] as const) {
    await db
      .updateTable('dashboard_sessions')
      .set({ sealed: other?.sealed ?? '' })
      .where('id_hash', '=', one?.id_hash ?? '')
      .execute()
  }
  for (const cookie of [admin, demo])
    expect((await ask(shares, { headers: { ...ours, cookie } })).status).toBe(401)
  await db.updateTable('dashboard_sessions').set({ sealed: 'x' }).execute()
  expect((await ask(shares, { headers: { ...ours, cookie: demo } })).status).toBe(401)
})

test('the database alone holds neither the id nor a token', async () => {
  const seen: string[] = []
  await world.close()
  world = await openDashboard({
    desk: (desk) => ({
      ...desk,
      byPassword: async (login) => {
        const granted = await desk.byPassword(login)
        seen.push(granted.token)
        return granted
      },
      enter: async (token, project) => {
        const granted = await desk.enter(token, project)
        seen.push(granted.token)
        return granted
      },
    }),
  })
  const cookie = await cookieOf()
  const id = cookie.split('=')[1] ?? ''
  expect(seen.length).toBe(2)
  const dump = JSON.stringify(await rows())
  for (const secret of [id, ...seen]) {
    for (const form of [
      secret,
      Buffer.from(secret).toString('base64'),
      Buffer.from(secret).toString('base64url'),
      Buffer.from(secret).toString('hex'),
    ]) {
      expect(dump).not.toContain(form.slice(0, 20))
    }
  }
  expect(dump).not.toContain(Buffer.from(id, 'base64url').toString('hex').slice(0, 20))
})
