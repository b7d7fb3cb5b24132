/** The life of a share, as a person leads it in the browser. */
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { Client } from '../../src/sdk/client.ts'
import { createLock } from '../../src/wire/resource-locks/schema.ts'
import { listSharesDetail, showShare } from '../../src/wire/shares/schema.ts'
import { signIn, useBrowser, type Tab } from './browser.ts'
import { restingShare, until } from './stock.ts'
import { startWorld, type User, type World } from './world.ts'

const browser = useBrowser()
let world: World
let user: User
let client: Client
beforeAll(async () => {
  world = await startWorld()
})
afterAll(() => world?.[Symbol.asyncDispose]())

const opened = async (path: string): Promise<Tab> => {
  const tab = await browser.tab(world)
  await signIn(tab, world, user, path)
  return tab
}
/** Each test has a project of its own. */
async function begin(name: string): Promise<void> {
  user = await world.tenant(name)
  client = await world.client(user)
}
const sizeOf = async (id: string): Promise<number> =>
  (await client.call(showShare, { params: { id } })).share.size

it('is made with its place and price said before, allowed, grown, binned, had back and deleted', async () => {
  await begin('life')
  const tab = await opened('shares/new')
  const { page } = tab
  const form = page.getByRole('dialog', { name: 'Create share' })
  await form.getByLabel('Name', { exact: true }).fill("it's mine")
  // More than the pools have: said before it is sent.
  await form.getByLabel('Size (GiB)').fill('300')
  await form.getByText('No pool can take this').waitFor()
  await form.getByLabel('Size (GiB)').fill('3')
  await form.getByText('2 pools can take this').waitFor()
  await form.getByText("manila share create NFS 3 --name 'it'\\''s mine' --wait").waitFor()
  await form.getByRole('button', { name: 'Create share' }).click()

  await page.getByRole('heading', { name: "it's mine" }).waitFor()
  const id = new URL(page.url()).pathname.split('/').at(-1) ?? ''
  await page.getByText('available').first().waitFor()
  await page.getByText('This browser’s address, 127.0.0.1, may not mount it').waitFor()
  await page.getByRole('button', { name: 'Allow it to read and write' }).click()
  await page.getByText('This browser’s address, 127.0.0.1, may read and write').waitFor()
  const mount = page.getByRole('region', { name: 'Mount it' })
  const command = await mount.textContent()
  expect(command).toMatch(/^sudo mount -t nfs 127\.0\.0\.1:\/sim\/[0-9a-f-]+ \/mnt\/it-s-mine$/)
  // The page may write to the clipboard and nobody may read it: what was copied is put into a field.
  await page.getByRole('button', { name: 'Copy Mount it' }).click()
  await page.getByRole('button', { name: 'Copied' }).waitFor()
  await page.getByRole('tab', { name: 'Advanced' }).click()
  await page.getByRole('button', { name: 'Edit metadata' }).click()
  const value = page.getByLabel('Metadata: value 1')
  await value.focus()
  await page.keyboard.press('Control+V')
  expect(await value.inputValue()).toBe(command)
  await page.getByRole('button', { name: 'Cancel' }).click()
  await page.getByRole('tab', { name: 'Overview' }).click()

  await page.getByRole('button', { name: 'Extend' }).click()
  const extend = page.getByRole('dialog')
  await extend.getByLabel('New size (GiB)').fill('2')
  await extend.getByText('must be more than 3 GiB').first().waitFor()
  await extend.getByLabel('New size (GiB)').fill('5')
  await extend.getByRole('button', { name: 'Extend' }).click()
  await until('it has 5 GiB', async () => ((await sizeOf(id)) === 5 ? true : null))
  await page.getByText('5 GiB').first().waitFor()

  await page.getByRole('button', { name: 'Edit' }).click()
  const edit = page.getByRole('dialog')
  await edit.getByLabel('Name', { exact: true }).fill('ours')
  await edit.getByRole('button', { name: 'Save' }).click()
  await page.getByRole('heading', { name: 'ours' }).waitFor()

  await page.getByRole('button', { name: 'Actions for ours' }).click()
  await page.getByRole('menuitem', { name: 'Move to recycle bin' }).click()
  await page.getByRole('dialog').getByText('1 access rule').waitFor()
  await page.getByRole('dialog').getByRole('button', { name: 'Move to recycle bin' }).click()
  await page.getByText('It is in the recycle bin and is deleted for good').waitFor()

  await page.getByRole('link', { name: 'Recycle bin' }).click()
  const bin = page.getByRole('region', { name: 'Recycle bin' })
  await bin.getByText(/in [67] days/).waitFor()
  await page.getByRole('button', { name: 'Actions for ours' }).click()
  await page.getByRole('menuitem', { name: 'Restore' }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'Restore' }).click()
  await page.getByText('The recycle bin is empty').waitFor()

  await page.goto(`${world.dashboard}shares/${id}?tab=advanced`)
  await page.getByRole('button', { name: 'Delete for good' }).click()
  const sure = page.getByRole('dialog')
  expect(await sure.getByRole('button', { name: 'Delete for good' }).isDisabled()).toBe(true)
  // What hangs on it may be asked for in the moment in which it goes.
  tab.expect(/^404 GET .*\/v2\/shares\/[0-9a-f-]{36}/, /^400 GET .*\/share-access-rules/)
  await sure.getByLabel('Type ours to confirm').fill('ours')
  await sure.getByRole('button', { name: 'Delete for good' }).click()
  await page.getByText('This is gone.').waitFor()
})

it('several at once: each with its own answer, and those that can’t be are left out with the reason', async () => {
  await begin('several')
  const ids = []
  for (const name of ['one', 'two', 'kept']) ids.push(await restingShare(client, name))
  await client.call(createLock, {
    body: { resource_lock: { resource_id: ids[2] ?? '', resource_type: 'share', lock_reason: 'mine' } },
  })
  const { page } = await opened('shares')
  for (const name of ['one', 'two', 'kept'])
    await page.getByRole('checkbox', { name: `Select ${name}` }).check()
  await page.getByRole('button', { name: 'Delete for good' }).click()
  const dialog = page.getByRole('dialog', { name: 'Delete 2 shares?' })
  await dialog.getByText('1 of them is left out:').waitFor()
  await dialog.getByLabel('Type 2 to confirm').fill('2')
  await dialog.getByRole('button', { name: 'Delete for good' }).click()
  await dialog.waitFor({ state: 'detached' })
  await until('two are gone', async () => {
    const { shares } = await client.call(listSharesDetail)
    return shares.map(({ name }) => name).join() === 'kept' ? true : null
  })
  await page.getByRole('link', { name: 'two', exact: true }).waitFor({ state: 'detached' })
})

it('a list is where its address says: filters, order and page, also after a reload and back', async () => {
  await begin('list')
  await restingShare(client, 'alpha', 2, { metadata: { team: 'red' } })
  await restingShare(client, 'beta', 1, { metadata: { team: 'blue' } })
  const { page } = await opened('shares?text=a&sort=size&dir=desc')
  const table = page.getByRole('region', { name: 'Shares', exact: true })
  const names = () => table.getByRole('row').getByRole('link').allTextContents()
  await table.getByRole('link', { name: 'alpha' }).waitFor()
  expect(await names()).toEqual(['alpha', 'beta'])
  await page.getByLabel('Metadata: key=value').fill('team=blue')
  await page.keyboard.press('Enter')
  await table.getByRole('link', { name: 'alpha' }).waitFor({ state: 'detached' })
  await table.getByRole('link', { name: 'beta' }).waitFor()
  expect(await names()).toEqual(['beta'])
  await page.reload()
  await table.getByRole('link', { name: 'beta' }).waitFor()
  expect(await names()).toEqual(['beta'])
  await page.goBack()
  await table.getByRole('link', { name: 'alpha' }).waitFor()
})
