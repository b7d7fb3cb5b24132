/**
 * Two tenants at work side by side: neither browser is ever sent an event, a name, an id or a count of the other's. Proven by reading what
 * came over the wire; and that the reading would find it, by taking the wall out.
 */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { deleteShare } from '../../src/wire/shares/schema.ts'
import type { Client } from '../../src/sdk/client.ts'
import { signIn, useBrowser, type Tab } from './browser.ts'
import { restingShare, until } from './stock.ts'
import { listenIn, type Heard } from './wire.ts'
import { simulated, startWorld, type User, type World } from './world.ts'

const browser = useBrowser()
let world: World
let ariel: Tenant
let caliban: Tenant

interface Tenant {
  readonly user: User
  readonly client: Client
  /** Whatever is this one's alone: names and ids. */
  readonly own: Set<string>
}

async function tenant(name: string): Promise<Tenant> {
  const user = await world.tenant(name)
  const client = await world.client(user)
  const { session } = client.tokens
  return {
    user,
    client,
    own: new Set([name, session?.projectId ?? '', session?.userId ?? ''].filter(Boolean)),
  }
}

/** Makes shares, throws one away, and answers how many are left. */
async function works({ client, own, user }: Tenant, count: number): Promise<void> {
  for (let at = 0; at < count; at++) {
    const name = `${user.name}-secret-${at}-${crypto.randomUUID().slice(0, 8)}`
    own.add(name)
    own.add(await restingShare(client, name))
  }
  const gone = `${user.name}-gone-${crypto.randomUUID().slice(0, 8)}`
  const id = await restingShare(client, gone)
  own.add(gone)
  own.add(id)
  await client.call(deleteShare, { params: { id } })
}

async function looksAround({ page }: Tab, { user }: Tenant): Promise<void> {
  await page
    .getByRole('main')
    .getByRole('link', { name: new RegExp(`^${user.name}-secret`) })
    .first()
    .click()
  await page.getByRole('heading', { level: 1, name: new RegExp(`^${user.name}-secret`) }).waitFor()
  for (const link of await page.getByRole('navigation').first().getByRole('link').all()) {
    await link.click()
    await page.getByRole('heading', { level: 1 }).waitFor()
  }
  // What happens before its stream is there is read, and not told.
  const stream = page.waitForResponse(/\/v2\/events/)
  await page.goto(`${world.dashboard}shares`)
  await stream
}

/** Lines that tell of the other one. */
async function leaks(heard: Heard, other: Tenant): Promise<readonly string[]> {
  return (await heard.all()).flatMap(({ request, body }) =>
    [...other.own].filter((word) => body.includes(word)).map((word) => `${request}: ${word}`),
  )
}

const policy = () => join(world.dir, 'policy.yaml')

beforeAll(async () => {
  world = await startWorld()
  ariel = await tenant('ariel')
  caliban = await tenant('caliban')
})
afterAll(() => world?.[Symbol.asyncDispose]())

/** Ariel's page asks for all projects: where the service gives them only to whom they belong, that gives him nothing. */
async function sideBySide(prepare?: (tab: Tab) => Promise<unknown>) {
  const open = async ({ user }: Tenant) => {
    const tab = await browser.tab(world)
    await prepare?.(tab)
    const heard = await listenIn(tab)
    await signIn(tab, world, user, user.name === 'ariel' ? 'shares?all=1' : 'shares')
    return { tab, heard }
  }
  const [a, c] = await Promise.all([open(ariel), open(caliban)])
  await Promise.all([works(ariel, 2), works(caliban, 3)])
  return { a, c }
}

describe('what comes over the wire', () => {
  it('is of the own project alone, events and counts included', async () => {
    const { a, c } = await sideBySide()
    await a.tab.page.reload()
    await c.tab.page.reload()
    await Promise.all([looksAround(a.tab, ariel), looksAround(c.tab, caliban)])
    await Promise.all([works(ariel, 1), works(caliban, 1)])
    // Each has heard of its own last work, so what the other did meanwhile would have come, too.
    for (const [{ heard }, { own }] of [
      [a, ariel],
      [c, caliban],
    ] as const)
      await until('the last event', async () => {
        const last = [...own].at(-1) as string
        return (await heard.all()).some(({ request, body }) => /events/.test(request) && body.includes(last))
          ? true
          : null
      })
    expect(await leaks(a.heard, caliban)).toEqual([])
    expect(await leaks(c.heard, ariel)).toEqual([])
    // One of them asked for everybody's lists and events, and was given its own.
    const asked = (await a.heard.all()).map(({ request }) => request)
    for (const path of [/events\?all_tenants=1$/, /shares\/detail\?.*all_tenants=1/])
      expect(
        asked.some((request) => path.test(request)),
        String(path),
      ).toBe(true)
    // Three and four shares: nobody is told of four or seven, and of seven.
    const used = async (heard: Heard): Promise<number[]> =>
      (await heard.all()).flatMap(({ body }) =>
        [...body.matchAll(/"(?:totalSharesUsed|count|in_use|total)":\s*(\d+)/g)].map((match) =>
          Number(match[1]),
        ),
      )
    expect((await used(a.heard)).filter((count) => count > 4)).toEqual([])
    expect((await used(c.heard)).filter((count) => count > 5)).toEqual([])
  })

  it('is found to be of others where everybody may follow all projects', async () => {
    writeFileSync(policy(), '"event:follow_all_projects": ""\n')
    await world.service.stop()
    await world.start({ ...simulated, api: { policy_file: policy() } })
    const { a } = await sideBySide((tab) =>
      tab.page.route(/\/v2\/events/, (route) => {
        const url = new URL(route.request().url())
        url.searchParams.set('all_tenants', '1')
        return route.continue({ url: url.href })
      }),
    )
    await until('a leak', async () => ((await leaks(a.heard, caliban)).length > 0 ? true : null))
    expect((await leaks(a.heard, caliban)).every((leak) => leak.includes('/v2/events'))).toBe(true)
  })
})
