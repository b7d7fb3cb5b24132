/**
 * What goes wrong while somebody works: the page says what is true each time, keeps what was typed, and recovers by itself. Nobody presses
 * "reload" here.
 */
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { setFaults } from '../../src/storage/sim/faults.ts'
import { createShare, deleteShare, listSharesDetail } from '../../src/wire/shares/schema.ts'
import type { Client } from '../../src/sdk/client.ts'
import { fillLogin, photograph, signIn, useBrowser, type Tab } from './browser.ts'
import { settled, tooWide } from './looks.ts'
import { names, restingShare, until } from './stock.ts'
import { startWorld, type World } from './world.ts'

const browser = useBrowser()
let world: World
let client: Client
beforeAll(async () => {
  world = await startWorld()
  client = await world.client(world.demo)
})
afterEach(() => faults({}))
afterAll(() => world?.[Symbol.asyncDispose]())

const faults = (which: Parameters<typeof setFaults>[1]): Promise<void> =>
  setFaults(join(world.dir, 'var/backends/alpha'), which)

/** Nobody answers: what a page of a service that is away may complain of. */
const away = [/^no answer: /, /^50[234] /]

const dialogOf = ({ page }: Tab) => page.getByRole('dialog')

async function fillForm(tab: Tab, name: string): Promise<void> {
  await dialogOf(tab).getByRole('textbox', { name: 'Name' }).fill(name)
  await dialogOf(tab).getByRole('textbox', { name: 'Size' }).fill('2')
}

const submit = (tab: Tab): Promise<void> =>
  dialogOf(tab).getByRole('button', { name: 'Create share' }).click()

async function named(name: string): Promise<number> {
  const { shares } = await client.call(listSharesDetail, { query: { name } })
  return shares.length
}

describe('the service', () => {
  it('is killed during a create and comes back: the page says so, then shows what became of it', async () => {
    const tab = await browser.tab(world)
    tab.expect(...away)
    await signIn(tab, world, world.demo, 'shares/new')
    await fillForm(tab, 'survivor')
    await faults({ create: { kind: 'slow', ms: 1500 } })
    await submit(tab)
    await tab.page.getByRole('heading', { level: 1, name: 'survivor' }).waitFor()
    await tab.page.getByText('creating', { exact: true }).first().waitFor()
    await world.kill()
    await tab.page.getByRole('status').filter({ hasText: 'Live updates are cut since' }).waitFor()
    await photograph(tab, 'fault-killed', 'light')
    await world.start()
    await tab.page.getByText('available', { exact: true }).first().waitFor({ timeout: 40_000 })
    await tab.page.getByText('Live updates are cut since').waitFor({ state: 'detached', timeout: 40_000 })
    expect(await named('survivor')).toBe(1)
  })

  it('is away when a form is sent: the form stays, says it, and sends it when asked again, once', async () => {
    const tab = await browser.tab(world)
    tab.expect(...away)
    await signIn(tab, world, world.demo, 'shares/new')
    await fillForm(tab, 'sent-again')
    await world.kill()
    await submit(tab)
    await dialogOf(tab).getByText('Create share did not happen').waitFor({ timeout: 40_000 })
    expect(await dialogOf(tab).getByRole('textbox', { name: 'Name' }).inputValue()).toBe('sent-again')
    await photograph(tab, 'fault-away', 'light')
    await world.start()
    await submit(tab)
    await tab.page.getByRole('heading', { level: 1, name: 'sent-again' }).waitFor()
    expect(await named('sent-again')).toBe(1)
  })
})

it('cuts the stream: the list goes on by polling, and says since when', async () => {
  const tab = await browser.tab(world)
  tab.expect(/^no answer: .*\/v2\/events/, /^503 .*\/v2\/events/, /ERR_INTERNET_DISCONNECTED/)
  let isCut = false
  await tab.page.route(/\/v2\/events/, (route) => (isCut ? route.abort('connectionreset') : route.continue()))
  await signIn(tab, world, world.demo, 'shares')
  await settled(tab.page)
  isCut = true
  // What keeps the stream open now is cut by going away and coming back.
  await tab.context.setOffline(true)
  await tab.page.getByText('Your browser is offline').waitFor()
  await tab.context.setOffline(false)
  await tab.page.reload()
  await tab.page.getByText('Live updates are cut since').waitFor()
  const name = `polled-${crypto.randomUUID().slice(0, 8)}`
  await client.call(createShare, { body: { share: { share_proto: 'NFS', size: 1, name } } })
  await tab.page.getByRole('button', { name: /new: show/ }).click()
  await tab.page.getByRole('link', { name }).waitFor()
  isCut = false
  await tab.page.getByText('Live updates are cut since').waitFor({ state: 'detached', timeout: 40_000 })
})

it('ends the session under a form: one signs in in place, and what was sent goes on', async () => {
  const tab = await browser.tab(world)
  tab.expect(/^401 /)
  await signIn(tab, world, world.demo, 'shares/new')
  await fillForm(tab, 'after-the-end')
  // Signed out in another tab of the same browser.
  const other = await tab.context.newPage()
  await other.goto(`${world.dashboard}shares`)
  await other.getByRole('button', { name: 'Account of demo' }).click()
  await other.getByRole('menuitem', { name: 'Sign out' }).click()
  await other.getByRole('button', { name: 'Sign in' }).waitFor()
  // Whether or not the stream was refused first and asks to sign in already.
  await tab.page
    .locator('form', { hasText: 'Create share' })
    .evaluate((form: HTMLFormElement) => form.requestSubmit())
  await tab.page.getByText('Your session has ended.').waitFor()
  await photograph(tab, 'fault-session-ended', 'light')
  await fillLogin(tab.page, world.demo)
  await tab.page.getByRole('heading', { level: 1, name: 'after-the-end' }).waitFor()
  expect(await named('after-the-end')).toBe(1)
})

describe('the backend', () => {
  it('hangs: the step that waits is shown with its time, and the page stays alive', async () => {
    await faults({ create: { kind: 'hang' } })
    const tab = await browser.tab(world)
    await signIn(tab, world, world.demo, 'shares/new')
    await fillForm(tab, 'hung')
    await submit(tab)
    await tab.page.getByText(/is under way$/).waitFor()
    await tab.page
      .getByRole('main')
      .getByText(/under way · \d/)
      .waitFor()
    await photograph(tab, 'fault-hung', 'light')
    await tab.page
      .getByRole('navigation', { name: 'Navigation' })
      .getByRole('link', { name: 'Shares' })
      .click()
    await tab.page.getByRole('row').filter({ hasText: 'hung' }).getByText('creating').waitFor()
  })

  // Each verb of the backend that a create needs, and what it calls a room that is not there.
  for (const [verb, kind] of [
    ['create', 'fail'],
    ['create', 'full'],
    ['publish', 'fail'],
  ] as const)
    it(`fails at "${verb}" (${kind}): the page tells the cause and which step it was`, async () => {
      await faults({ [verb]: { kind } })
      const name = `fails-at-${verb}-${kind}`
      const id = await restingShare(client, name)
      const tab = await browser.tab(world)
      await signIn(tab, world, world.demo, `shares/${id}`)
      await tab.page.getByText('error', { exact: true }).first().waitFor()
      const panel = tab.page.getByRole('main').getByText(/ failed$/)
      await panel.waitFor()
      await photograph(tab, `fault-${name}`, 'light')
      await tab.page
        .getByText(/backend|storage/i)
        .first()
        .waitFor()
      await client.call(deleteShare, { params: { id } })
      // Gone while one looks at it: it says so by itself.
      tab.expect(/^404 GET /)
      await tab.page.getByText('This is gone.').waitFor()
    })
})

it('has no quota left: the form says so and keeps what was typed', async () => {
  const tab = await browser.tab(world)
  tab.expect(/^413 POST .*\/v2\/shares$/)
  await signIn(tab, world, world.demo, 'shares/new')
  await dialogOf(tab).getByRole('textbox', { name: 'Name' }).fill('too-much')
  await dialogOf(tab).getByRole('textbox', { name: 'Size' }).fill('100000')
  await submit(tab)
  await dialogOf(tab)
    .getByText(/exceed|quota/i)
    .first()
    .waitFor()
  await photograph(tab, 'fault-quota', 'light')
  expect(await dialogOf(tab).getByRole('textbox', { name: 'Name' }).inputValue()).toBe('too-much')
})

describe('names', () => {
  it('of every kind stay in their place', async () => {
    const given = Object.values(names)
    const ids = await Promise.all(given.map((name) => restingShare(client, name)))
    const tab = await browser.tab(world, { width: 390 })
    await signIn(tab, world, world.demo, 'shares')
    await settled(tab.page)
    await tab.page.getByRole('region', { name: 'Shares' }).waitFor()
    expect(await tooWide(tab.page)).toEqual([])
    for (const id of ids) {
      await tab.page.goto(`${world.dashboard}shares/${id}`)
      await tab.page.getByRole('heading', { level: 1 }).waitFor()
      expect(await tooWide(tab.page)).toEqual([])
      // What turns the reading round is shown and does nothing.
      expect(await tab.page.locator('body').innerText()).not.toMatch(/[\u202A-\u202E\u2066-\u2069]/)
      expect(await tab.page.title()).not.toMatch(/[\u202A-\u202E\u2066-\u2069]/)
    }
  })

  it('of 10,000 characters are refused by the service and by the form, at the field', async () => {
    const name = 'n'.repeat(10_000)
    await expect(
      client.call(createShare, { body: { share: { share_proto: 'NFS', size: 1, name } } }),
    ).rejects.toMatchObject({ status: 400 })
    const tab = await browser.tab(world)
    await signIn(tab, world, world.demo, 'shares/new')
    const field = dialogOf(tab).getByRole('textbox', { name: 'Name' })
    await field.fill(name)
    await dialogOf(tab).getByText(/255/).first().waitFor()
    expect(await field.getAttribute('aria-invalid')).toBe('true')
    await photograph(tab, 'fault-long-name', 'light')
    expect(await tooWide(tab.page)).toEqual([])
  })
})

describe('how many', () => {
  it('none: the page teaches the first step', async () => {
    const nobody = await world.tenant('nobody')
    const tab = await browser.tab(world)
    await signIn(tab, world, nobody, 'shares')
    await tab.page.getByText('No shares yet').waitFor()
    await until('the command', async () =>
      (await tab.page.getByText('manila share create').count()) > 0 ? true : null,
    )
    await photograph(tab, 'none', 'light')
  })
})
