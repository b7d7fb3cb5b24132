/** The smallest of all: somebody signs in and sees the shares. */
import { afterAll, beforeAll, expect, it } from 'vitest'
import { createShare } from '../../src/wire/shares/schema.ts'
import { photograph, signIn, useBrowser } from './browser.ts'
import { startWorld, type World } from './world.ts'

const browser = useBrowser()
let world: World
beforeAll(async () => {
  world = await startWorld()
})
afterAll(() => world?.[Symbol.asyncDispose]())

it('shows the shares of who signs in, and shows at once what others of the project make', async () => {
  const client = await world.client(world.demo)
  await client.call(createShare, { body: { share: { share_proto: 'NFS', size: 3, name: 'before' } } })
  const tab = await browser.tab(world)
  await signIn(tab, world, world.demo, 'shares')
  const table = tab.page.getByRole('region', { name: 'Shares' })
  await table.getByRole('link', { name: 'before' }).waitFor()
  await client.call(createShare, { body: { share: { share_proto: 'NFS', size: 4, name: 'meanwhile' } } })
  await tab.page.getByRole('button', { name: '1 new: show it' }).click()
  await table.getByRole('link', { name: 'meanwhile' }).waitFor()
  await photograph(tab, 'first', 'light')
  expect(await table.getByRole('row').count()).toBe(3)
})
