/**
 * What goes wrong in the midst of other things than a create: the page says what is true, keeps what was typed, and goes on by itself.
 */
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { setFaults, type Faults } from '../../src/storage/sim/faults.ts'
import { allowAccess } from '../../src/wire/access-rules/schema.ts'
import { updateQuotaSet } from '../../src/wire/quotas/schema.ts'
import { listSharesDetail, restoreShare, showShare, softDeleteShare } from '../../src/wire/shares/schema.ts'
import type { Client } from '../../src/sdk/client.ts'
import { fillLogin, photograph, signIn, useBrowser, type Tab } from './browser.ts'
import { restingShare, until } from './stock.ts'
import { simulated, startWorld, type User, type World } from './world.ts'

const browser = useBrowser()
let world: World
let client: Client
/** Whoever names it is refused by the backend. */
const unwanted = '203.0.113.66'
beforeAll(async () => {
  const alpha = { ...simulated.backends.alpha, call_timeout_s: 2, exporter_options: { refuse: [unwanted] } }
  world = await startWorld({ settings: { ...simulated, backends: { alpha } } })
  client = await world.client(world.demo)
})
afterEach(() => faults({}))
afterAll(() => world?.[Symbol.asyncDispose]())

const faults = (which: Faults): Promise<void> => setFaults(join(world.dir, 'var/backends/alpha'), which)

const away = [/^no answer: /, /^50[234] /]
const patience = { timeout: 40_000 }

const menu = async ({ page }: Tab, name: string, item: string | RegExp): Promise<void> => {
  await page.getByRole('button', { name: `Actions for ${name}` }).click()
  await page.getByRole('menuitem', { name: item }).click()
}

describe('the service is killed', () => {
  it('during an extend that hangs: the step waits, the line says that it is cut, and in the end it is larger', async () => {
    const id = await restingShare(client, 'growing')
    const tab = await browser.tab(world)
    const { page } = tab
    tab.expect(...away)
    await signIn(tab, world, world.demo, `shares/${id}`)
    await faults({ extend: { kind: 'hang' } })
    await page.getByRole('button', { name: 'Extend' }).click()
    await page.getByRole('dialog').getByRole('button', { name: 'Extend' }).click()
    await page.getByText('extend share is under way').waitFor()
    await page.getByText('extending', { exact: true }).first().waitFor()
    // It is tried again, and why is said.
    await page
      .getByText(/The last try did not succeed\. The backend did not answer for certain\./)
      .waitFor(patience)
    await photograph(tab, 'midway-extend-hangs', 'light')
    await world.kill()
    await page.getByRole('status').filter({ hasText: 'Live updates are cut since' }).waitFor()
    await faults({})
    await world.start()
    await page.getByText('available', { exact: true }).first().waitFor(patience)
    await page.getByText('2 GiB').first().waitFor(patience)
    await page.getByText('Live updates are cut since').waitFor({ state: 'detached', ...patience })
  })

  it('during a delete: it is shown as being deleted, and then that it is gone', async () => {
    const id = await restingShare(client, 'going')
    const tab = await browser.tab(world)
    const { page } = tab
    tab.expect(...away, /^404 GET /, /^400 GET .*\/share-access-rules/)
    await signIn(tab, world, world.demo, `shares/${id}`)
    await faults({ delete: { kind: 'slow', ms: 1500 } })
    await menu(tab, 'going', 'Delete for good')
    await page.getByRole('dialog').getByLabel('Type going to confirm').fill('going')
    await page.getByRole('dialog').getByRole('button', { name: 'Delete for good' }).click()
    await page.getByText('delete share is under way').waitFor()
    await world.kill()
    await faults({})
    await world.start()
    await page.getByText('This is gone.').waitFor(patience)
  })

  it('during a bulk action: each that did not happen says so, and "try again" does the rest, once', async () => {
    for (const name of ['first', 'second']) await restingShare(client, name)
    const tab = await browser.tab(world)
    const { page } = tab
    tab.expect(...away)
    await signIn(tab, world, world.demo, 'shares')
    for (const name of ['first', 'second'])
      await page.getByRole('checkbox', { name: `Select ${name}` }).check()
    await page.getByRole('button', { name: 'Extend by' }).click()
    const dialog = page.getByRole('dialog')
    await dialog.getByRole('button', { name: 'Extend' }).waitFor()
    await world.kill()
    await dialog.getByRole('button', { name: 'Extend' }).click()
    await dialog.getByRole('button', { name: 'Try again' }).waitFor(patience)
    await photograph(tab, 'midway-bulk-away', 'light')
    await world.start()
    await dialog.getByRole('button', { name: 'Try again' }).click()
    await dialog.waitFor({ state: 'detached', ...patience })
    await until('both are larger', async () => {
      const { shares } = await client.call(listSharesDetail)
      const sizes = shares
        .filter(({ name }) => ['first', 'second'].includes(name ?? ''))
        .map(({ size }) => size)
      return sizes.join() === '2,2' ? true : null
    })
  })
})

it('rules hang, and one alone is refused: each says how far it is, and why not', async () => {
  const id = await restingShare(client, 'guarded')
  const tab = await browser.tab(world)
  const { page } = tab
  await signIn(tab, world, world.demo, `shares/${id}?tab=access`)
  await faults({ 'apply-rules': { kind: 'hang' } })
  for (const access_to of ['192.0.2.1', unwanted])
    await client.act(allowAccess, {
      params: { id },
      body: { access_type: 'ip', access_to, access_level: 'rw' },
    })
  const row = (to: string) => page.getByRole('row').filter({ hasText: to })
  await row('192.0.2.1')
    .getByText(/^(queued to apply|applying)$/)
    .waitFor()
  await photograph(tab, 'midway-rules-hang', 'light')
  await faults({})
  await row('192.0.2.1').getByText('active', { exact: true }).waitFor(patience)
  await row(unwanted).getByText('error', { exact: true }).waitFor(patience)
  await row(unwanted)
    .getByText(/This client must not have access to the share/)
    .waitFor()
  expect(
    await row('192.0.2.1')
      .getByText(/must not have access/)
      .count(),
  ).toBe(0)
  await photograph(tab, 'midway-rule-refused', 'light')
})

it('has no quota left while a form is open: it says so, and does not speak of roles', async () => {
  const user = await world.tenant('scant')
  const scant = await world.client(user)
  const id = await restingShare(scant, 'tight')
  const project = scant.tokens.session?.projectId ?? ''
  const admin = await world.client(world.admin)
  const tab = await browser.tab(world)
  const { page } = tab
  tab.expect(/^4(03|13) POST /)
  await signIn(tab, world, user, `shares/${id}`)
  await page.getByRole('button', { name: 'Extend' }).click()
  const dialog = page.getByRole('dialog')
  await dialog.getByLabel('New size (GiB)').fill('3')
  await admin.call(updateQuotaSet, {
    params: { id: project },
    body: { quota_set: { gigabytes: 1, snapshots: 0 } },
  })
  await dialog.getByRole('button', { name: 'Extend' }).click()
  await dialog.getByText(/Quota exceeded: .* Delete something, or ask an administrator for more\./).waitFor()
  await photograph(tab, 'midway-quota-extend', 'light')
  expect(await dialog.getByText(/a role that has it/).count()).toBe(0)
  expect(await dialog.getByLabel('New size (GiB)').inputValue()).toBe('3')
  await page.keyboard.press('Escape')
  await page.getByRole('tab', { name: 'Snapshots' }).click()
  // What cannot be asked for is not offered, and why is said.
  const take = page.getByRole('button', { name: 'Take snapshot' }).first()
  await until('it is not offered', async () =>
    (await take.getAttribute('aria-disabled')) === 'true' ? true : null,
  )
  await take.hover()
  await page.getByRole('tooltip').getByText(/quota/i).waitFor()
  await photograph(tab, 'midway-quota-snapshot', 'light')
  // What is in the bin counts all the time: it comes back without any room.
  await scant.act(softDeleteShare, { params: { id }, body: null })
  await scant.act(restoreShare, { params: { id }, body: null })
  expect((await scant.call(showShare, { params: { id } })).share.status).toBe('available')
})

it('loses the role in the project: what is on the screen says so', async () => {
  const user = await world.tenant('leaver')
  const id = await restingShare(await world.client(user), 'left-behind')
  const tab = await browser.tab(world)
  const { page } = tab
  tab.expect(/^40[13] /, ...away)
  await signIn(tab, world, user, `shares/${id}`)
  await page.getByRole('heading', { level: 1, name: 'left-behind' }).waitFor()
  await removeRoles(user)
  // Whether or not something else of the page was refused first and asks to sign in already.
  await page.getByRole('button', { name: 'Measure now', includeHidden: true }).dispatchEvent('click')
  await page.getByText('Your session has ended.').waitFor(patience)
  await fillLogin(page, user)
  await page.getByText('You have no role in that project').waitFor(patience)
  await photograph(tab, 'midway-role-lost', 'light')
})

async function removeRoles({ name }: User): Promise<void> {
  const token = await (await world.client(world.admin)).tokens.current()
  const ask = async (method: string, path: string): Promise<any> => {
    const response = await fetch(`${world.api}/identity/v3${path}`, {
      method,
      headers: { 'x-auth-token': token },
    })
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status}`)
    return response.status === 204 ? null : response.json()
  }
  const { role_assignments } = await ask('GET', '/role_assignments?include_names=true')
  for (const { role, user, scope } of role_assignments)
    if (user?.name === name && scope.project !== undefined)
      await ask('DELETE', `/projects/${scope.project.id}/users/${user.id}/roles/${role.id}`)
}
