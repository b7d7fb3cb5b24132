/** Share groups, as a person leads them in the browser: what is made in one, what is taken of it, and what stands in the way of its end. */
import { afterAll, beforeAll, expect, it } from 'vitest'
import { listShareGroupTypes } from '../../src/wire/share-group-types/schema.ts'
import { resetShareGroupSnapshotStatus } from '../../src/wire/share-group-snapshots/schema.ts'
import { listShareGroupsDetail, resetShareGroupStatus } from '../../src/wire/share-groups/schema.ts'
import { listShareTypes } from '../../src/wire/share-types/schema.ts'
import { listSharesDetail } from '../../src/wire/shares/schema.ts'
import { signIn, useBrowser, type Tab } from './browser.ts'
import { restingGroup, restingGroupSnapshot, restingShare, stockOfGroups, until } from './stock.ts'
import { listenIn } from './wire.ts'
import { startWorld, type User, type World } from './world.ts'

const browser = useBrowser()
let world: World
beforeAll(async () => {
  world = await startWorld()
})
afterAll(() => world?.[Symbol.asyncDispose]())

const opened = async (user: User, path: string): Promise<Tab> => {
  const tab = await browser.tab(world)
  await signIn(tab, world, user, path)
  return tab
}
const idIn = ({ page }: Tab): string => new URL(page.url()).pathname.split('/').at(-1) ?? ''

it('is begun by an administrator, who says what groups may hold and who may make them', async () => {
  const tab = await opened(world.admin, 'admin/group-types')
  const { page } = tab
  await page.getByText('No share group types yet').waitFor()
  await page.getByRole('link', { name: 'Create share group type' }).first().click()
  const form = page.getByRole('dialog', { name: 'Create share group type' })
  await form.getByLabel('Name', { exact: true }).fill('projects')
  await form.getByText('Choose at least one share type.').waitFor()
  await form.getByRole('checkbox').first().check()
  await form.getByText(/manila group type create projects /).waitFor()
  await form.getByRole('button', { name: 'Create share group type' }).click()
  await page.getByRole('heading', { level: 1, name: 'projects' }).waitFor()

  await page.getByRole('button', { name: 'Edit group specs' }).click()
  const dialog = page.getByRole('dialog')
  await dialog.getByLabel(/key 1$/).fill('note')
  await dialog.getByLabel(/value 1$/).fill('for teams')
  await dialog.getByRole('button', { name: 'Save' }).click()
  await page.getByText('for teams').waitFor()
  await page.getByRole('tab', { name: 'Projects' }).click()
  await page.getByText('Every project may use it.').waitFor()
})

it('is made, filled, kept, made again, and ends only when it is empty', async () => {
  const user = await world.tenant('life')
  const client = await world.client(user)
  const tab = await opened(user, 'groups')
  const { page } = tab
  const main = page.getByRole('main')
  const dialog = page.getByRole('dialog')
  await page.getByText('No share groups yet').waitFor()
  await page.getByRole('link', { name: 'Create share group' }).first().click()
  await dialog.getByLabel('Name', { exact: true }).fill('laboratory')
  await dialog.getByText(/manila group create --name laboratory --share-group-type /).waitFor()
  await dialog.getByRole('button', { name: 'Create share group' }).click()
  await page.getByRole('heading', { level: 1, name: 'laboratory' }).waitFor()
  const group = idIn(tab)
  await main.getByText('available', { exact: true }).first().waitFor()

  // A share in it: its type and zone are the group's.
  await main.getByRole('button', { name: 'New share in it' }).click()
  await dialog.getByLabel('Name', { exact: true }).fill('measurements')
  await dialog.getByLabel('Zone').and(page.locator(':disabled')).waitFor()
  await dialog.getByText(new RegExp(`--share-group ${group}`)).waitFor()
  await dialog.getByRole('button', { name: 'Create share' }).click()
  await page.getByRole('heading', { level: 1, name: 'measurements' }).waitFor()
  await main.getByText('available', { exact: true }).first().waitFor()
  const share = idIn(tab)
  await main.getByRole('link', { name: 'laboratory' }).click()

  // Whoever wants to end it is told what is in the way.
  await main.getByRole('link', { name: 'measurements' }).waitFor()
  await page.getByRole('button', { name: 'Actions for laboratory' }).click()
  await page
    .getByRole('menuitem', {
      name: new RegExp(`Delete ?Share group ${group} has 1 share: delete it first`),
    })
    .waitFor()
  await page.keyboard.press('Escape')

  await main.getByRole('button', { name: 'Take group snapshot' }).click()
  await dialog.getByText('1 share, 1 GiB').waitFor()
  await dialog.getByLabel('Name', { exact: true }).fill('end-of-term')
  await dialog.getByRole('button', { name: 'Take group snapshot' }).click()
  await page.getByRole('heading', { level: 1, name: 'end-of-term' }).waitFor()
  await main.getByText('available', { exact: true }).first().waitFor()
  await main.getByRole('row').filter({ hasText: 'measurements' }).getByText('available').waitFor()

  // A member of a group snapshot stays; the page says so before anybody asks for it.
  await page.goto(`${world.dashboard}shares/${share}`)
  await page.getByRole('button', { name: 'Actions for measurements' }).click()
  await page
    .getByRole('menuitem', { name: /^Delete for good.*is part of a group snapshot/ })
    .first()
    .waitFor()
  await page.keyboard.press('Escape')

  await page.goBack()
  await page.getByRole('button', { name: 'New group from it' }).click()
  await dialog.getByLabel('Name', { exact: true }).fill('next-term')
  await dialog.getByText(/--source-share-group-snapshot/).waitFor()
  await dialog.getByRole('button', { name: 'Create share group' }).click()
  await page.getByRole('heading', { level: 1, name: 'next-term' }).waitFor()
  await main.getByText('available', { exact: true }).first().waitFor()
  const copy = idIn(tab)
  await main.getByRole('region', { name: 'Shares' }).getByText('available').waitFor()
  const { shares } = await client.call(listSharesDetail, { query: { share_group_id: copy } })
  expect(shares.map(({ size, status }) => [size, status])).toEqual([[1, 'available']])

  // In the list of shares they can be told apart by their group.
  await page.goto(`${world.dashboard}shares?group=${copy}`)
  const list = main.getByRole('region', { name: 'Shares' })
  await list.getByRole('row').nth(1).waitFor()
  expect(await list.getByRole('row').count()).toBe(2)

  // Emptied, it goes.
  await list.getByRole('button', { name: /^Actions for/ }).click()
  await page.getByRole('menuitem', { name: 'Delete for good' }).click()
  await dialog.getByText('It is in the share group').waitFor()
  await dialog.getByText(new RegExp(`manila share delete .*--share-group ${copy}`)).waitFor()
  await dialog
    .getByRole('textbox')
    .fill(shares[0]?.name ?? shares[0]?.id.slice(0, 8) ?? '')
    .catch(() => {})
  await dialog.getByRole('button', { name: 'Delete for good' }).click()
  await until('the share is gone', async () => {
    const left = await client.call(listSharesDetail, { query: { share_group_id: copy } })
    return left.shares.length === 0 ? true : null
  })
  await page.goto(`${world.dashboard}groups`)
  await page.getByRole('button', { name: 'Actions for next-term' }).click()
  await page.getByRole('menuitem', { name: 'Delete', exact: true }).click()
  await dialog.getByLabel('Type next-term to confirm').fill('next-term')
  await dialog.getByRole('button', { name: 'Delete for good' }).click()
  await main.getByRole('link', { name: 'next-term' }).waitFor({ state: 'detached' })
  await main.getByRole('link', { name: 'laboratory' }).waitFor()
})

it('changes on the page as it changes', async () => {
  const user = await world.tenant('watcher')
  const client = await world.client(user)
  const { share_group_types: types } = await client.call(listShareGroupTypes)
  const id = await restingGroup(client, 'watched', { share_group_type_id: types[0]?.id })
  const { page } = await opened(user, `groups/${id}`)
  await page.getByText('No shares in it yet').waitFor()
  await restingShare(client, 'comes-by-itself', 1, { share_group_id: id })
  await page.getByRole('link', { name: 'comes-by-itself' }).waitFor()
})

it('is found by its name, and said to need somebody when something is wrong with it', async () => {
  const user = await world.tenant('finder')
  const client = await world.client(user)
  const admin = await world.client(world.admin)
  const { share_group_types: types } = await client.call(listShareGroupTypes)
  const group = await restingGroup(client, 'observatory', { share_group_type_id: types[0]?.id })
  await restingShare(client, '', 1, { share_group_id: group })
  const kept = await restingGroupSnapshot(client, group, 'observatory-eve')
  const body = { status: 'error' }
  await admin.act(resetShareGroupStatus, { params: { id: group }, body })
  await admin.act(resetShareGroupSnapshotStatus, { params: { id: kept }, body })
  const tab = await opened(user, '')
  const { page } = tab
  // Of an id nothing says what it is: each kind is asked for it.
  tab.expect(new RegExp(`^404 GET .*/v2/(?:shares|snapshots|share-groups)/${kept}$`))
  const main = page.getByRole('main')
  await main.getByText('Share group observatory is in state error').waitFor()
  await main.getByText('Group snapshot observatory-eve is in state error').waitFor()
  await page.keyboard.press('Control+k')
  await page.getByRole('combobox', { name: 'Search' }).fill('observatory')
  const found = page.getByRole('option')
  await found.filter({ hasText: 'observatory-eve' }).waitFor()
  expect(await found.filter({ hasText: 'observatory' }).allInnerTexts()).toEqual([
    expect.stringMatching(/^Share group\s+observatory\s+error$/),
    expect.stringMatching(/^Group snapshot\s+observatory-eve\s+error$/),
  ])
  await page.getByRole('combobox', { name: 'Search' }).fill(kept)
  // What was found before goes when there is an answer: one that is clicked sooner is of the other search.
  await expect.poll(() => found.count()).toBe(1)
  await found.filter({ hasText: 'observatory-eve' }).click()
  await page.getByRole('heading', { level: 1, name: 'observatory-eve' }).waitFor()
})

it('is nothing to another tenant', async () => {
  const [ariel, caliban] = [await world.tenant('ariel'), await world.tenant('caliban')]
  const client = await world.client(ariel)
  const { share_types: types } = await client.call(listShareTypes)
  const secret = await stockOfGroups(client, types, await world.client(world.admin))
  const { share_groups } = await client.call(listShareGroupsDetail)
  expect(share_groups.map(({ id }) => id)).toEqual([secret.shareGroup])

  const tab = await browser.tab(world)
  const heard = await listenIn(tab)
  tab.expect(/^404 GET .*\/v2\/share-group/)
  await signIn(tab, world, caliban, 'groups?all=1')
  await tab.page.getByText('No share groups yet').waitFor()
  await tab.page.goto(`${world.dashboard}group-snapshots?all=1`)
  await tab.page.getByText('No group snapshots yet').waitFor()
  await tab.page.goto(`${world.dashboard}groups/new`)
  await tab.page.getByRole('dialog').getByLabel('Group type').waitFor()
  for (const path of [`groups/${secret.shareGroup}`, `group-snapshots/${secret.groupSnapshot}`]) {
    await tab.page.goto(`${world.dashboard}${path}`)
    await tab.page.getByText('This is gone.').waitFor()
  }
  const told = (await heard.all()).filter(
    ({ request, body }) =>
      !request.includes(secret.shareGroup) &&
      !request.includes(secret.groupSnapshot) &&
      [...Object.values(secret), 'laboratory', 'end-of-term'].some((word) => body.includes(word)),
  )
  expect(told).toEqual([])
})
