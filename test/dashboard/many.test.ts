/** Ten thousand shares in a project: the list is one page of them, the load is small, and a page that nobody touches is quiet. */
import { afterAll, beforeAll, expect, it } from 'vitest'
import { launch, signIn, useBrowser } from './browser.ts'
import { settled } from './looks.ts'
import { manyShares } from './many.ts'
import { firstLoad, limits, whileIdle } from './measure.ts'
import { startWorld, type World } from './world.ts'

const browser = useBrowser()
let world: World
beforeAll(async () => {
  world = await startWorld()
  await manyShares(world, 10_000)
})
afterAll(() => world?.[Symbol.asyncDispose]())

it('shows a page of them, leafs on and back, and finds one by its name', async () => {
  const tab = await browser.tab(world)
  const { page } = tab
  await signIn(tab, world, world.demo, 'shares')
  const first = page.getByRole('link', { name: /^share-\d+$/ })
  await first.first().waitFor()
  expect(await first.count()).toBe(50)
  expect(await first.first().innerText()).toBe('share-9999')
  await page.getByRole('button', { name: 'Next' }).click()
  await page.getByRole('link', { name: 'share-9949', exact: true }).waitFor()
  await page.getByRole('button', { name: 'Previous' }).click()
  await page.getByRole('link', { name: 'share-9999', exact: true }).waitFor()
  await page.getByRole('searchbox').fill('share-4711')
  await page.getByRole('link', { name: 'share-4711', exact: true }).waitFor()
  expect(await first.count()).toBe(1)
  // What was looked for is in the address: coming back shows the same.
  await page.reload()
  await page.getByRole('link', { name: 'share-4711', exact: true }).waitFor()
})

it('is quiet while nobody touches it', async () => {
  const tab = await browser.tab(world)
  await signIn(tab, world, world.demo, 'shares')
  await tab.page.getByRole('link', { name: 'share-9999', exact: true }).waitFor()
  await settled(tab.page)
  await tab.page.waitForLoadState('load')
  // What was asked for at the start is over.
  await tab.page.waitForTimeout(1000)
  expect(await whileIdle(tab, 12_000)).toBeLessThanOrEqual(limits.idleRequestsPerMinute)
})

it('is small on the wire', async () => {
  const own = await launch()
  try {
    const { files } = await firstLoad(own, world)
    expect(files).toBeLessThanOrEqual(limits.firstLoadBytes)
  } finally {
    await own.close()
  }
})
