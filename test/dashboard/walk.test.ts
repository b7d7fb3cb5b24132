/**
 * Every page that there is, as an administrator sees it: with the keyboard alone, for screen readers in both schemes, on a phone, in both
 * languages; every menu is opened and every dialog behind it. Pictures of all are in `node_modules/.cache/pictures`.
 */
import { createMemoryHistory, createRouter } from '@tanstack/react-router'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { destinations } from '../../dashboard/frame/destinations.ts'
import { routeTree } from '../../dashboard/router.tsx'
import { photograph, signIn, useBrowser, type Tab } from './browser.ts'
import { tabThrough } from './keyboard.ts'
import { inBoth, nonsense, settled, tooWide, violations } from './looks.ts'
import { stock, type Stock } from './stock.ts'
import { visits } from './visits.ts'
import { startWorld, type World } from './world.ts'

const router = createRouter({ routeTree, history: createMemoryHistory(), context: undefined as never })
const paths = [
  ...new Set(
    Object.values(router.routesById)
      .filter(({ id }) => id !== '__root__')
      .map(({ fullPath }) => (fullPath as string).replace(/(.)\/$/, '$1')),
  ),
]

const browser = useBrowser()
let world: World
let things: Stock
beforeAll(async () => {
  world = await startWorld()
  things = await stock(await world.client(world.admin), world.api)
})
afterAll(() => world?.[Symbol.asyncDispose]())

it('goes to every route and to every place of the rail', () => {
  expect(paths.filter((path) => visits[path] === undefined)).toEqual([])
  expect(Object.keys(visits).filter((path) => !paths.includes(path))).toEqual([])
  const roots = destinations.map(({ to }) => to.split('?')[0])
  expect(roots.filter((to) => !paths.includes(to as string))).toEqual([])
})

const nameOf = (address: string): string => {
  const plain = address.replaceAll(/[0-9a-f]{8}-[0-9a-f-]{27}/g, 'one').replaceAll(/[^a-z0-9]+/gi, '-')
  return plain === '' ? 'overview' : plain
}

/** Whatever is on the screen now. */
async function judge({ page }: Tab, name: string, isDialog = false): Promise<readonly string[]> {
  const found: string[] = []
  const note = (what: string, lines: readonly string[]): void =>
    void found.push(...lines.map((line) => `${name}: ${what}: ${line}`))
  await inBoth(page, async (scheme) => {
    note(`axe, ${scheme}`, await violations(page, scheme))
    if (!isDialog || scheme === 'dark') await photograph({ page }, name, scheme)
  })
  note('nonsense', await nonsense(page))
  if (!isDialog) {
    await page.setViewportSize({ width: 1024, height: 768 })
    await photograph({ page }, name, 'light')
  }
  await page.setViewportSize({ width: 390, height: 844 })
  note('sideways at 390 px', await tooWide(page))
  await photograph({ page }, name, 'light')
  await page.setViewportSize({ width: 1440, height: 900 })
  return found
}

async function open({ page }: Tab, address: string): Promise<void> {
  await page.goto(`${world.dashboard}${address}`)
  await page.locator('main h1, [role=dialog]').first().waitFor()
  await settled(page)
}

/** Each tab of the page, each menu, each dialog that an action opens. */
async function pressEverything(tab: Tab, name: string, pressed: Set<string>): Promise<readonly string[]> {
  const { page } = tab
  const found: string[] = []
  // The page's own; those within one of them are gone with it.
  const tabs = page.getByRole('main').getByRole('tablist').first().getByRole('tab')
  const titles = await tabs.allInnerTexts()
  for (const title of titles.slice(1)) {
    await tabs.filter({ hasText: title }).first().click()
    await settled(page)
    found.push(...(await judge(tab, `${name}-${title.toLowerCase().replaceAll(' ', '-')}`)))
    found.push(...(await menus(tab, `${name}-${title}`, pressed)))
  }
  if (titles[0] !== undefined) await tabs.first().click()
  found.push(...(await menus(tab, name, pressed)))
  return found
}

/** `pressed`: labels of actions that opened before, here or on another tab: they are not pressed again. */
async function menus(tab: Tab, name: string, pressed: Set<string>): Promise<readonly string[]> {
  const { page } = tab
  const found: string[] = []
  const buttons = page.getByRole('main').getByRole('button', { name: /^Actions for / })
  // One is as the next; the last is another thing in another state.
  const last = (await buttons.count()) - 1
  const which = last < 0 ? [] : [...new Set([0, last])]
  for (const index of which) {
    await buttons.nth(index).focus()
    await page.keyboard.press('Enter')
    const menu = page.getByRole('menu')
    await menu.waitFor()
    if (index === 0) found.push(...(await judge(tab, `${name}-menu`, true)))
    const items = menu.getByRole('menuitem')
    const labels = await items.allInnerTexts()
    if (labels.some((label) => label.trim() === '')) found.push(`${name}: an action without a name`)
    await page.keyboard.press('Escape')
    await menu.waitFor({ state: 'hidden' })
    if (!(await buttons.nth(index).evaluate((button) => button === document.activeElement)))
      found.push(`${name}: the focus is lost behind its menu`)
    for (const label of labels.filter((one) => !pressed.has(one)))
      found.push(...(await oneAction(tab, { name, index, label, pressed })))
  }
  return found
}

async function oneAction(
  tab: Tab,
  {
    name,
    index,
    label,
    pressed,
  }: {
    readonly name: string
    readonly index: number
    readonly label: string
    readonly pressed: Set<string>
  },
): Promise<readonly string[]> {
  const { page } = tab
  const address = page.url()
  await page
    .getByRole('main')
    .getByRole('button', { name: /^Actions for / })
    .nth(index)
    .click()
  const item = page.getByRole('menuitem', { name: label, exact: true }).first()
  if ((await item.getAttribute('aria-disabled')) === 'true') {
    await page.keyboard.press('Escape')
    await page.getByRole('menu').waitFor({ state: 'hidden' })
    return []
  }
  pressed.add(label)
  await item.click()
  const dialog = page.getByRole('dialog')
  const isOpen = await dialog.waitFor({ timeout: 1500 }).then(
    () => true,
    () => false,
  )
  let found: readonly string[] = []
  if (isOpen) {
    await settled(page)
    found = await judge(tab, `${name}-${label.toLowerCase().replaceAll(/[^a-z]+/g, '-')}`, true)
    await page.keyboard.press('Escape')
    await dialog.waitFor({ state: 'hidden' })
  }
  if (page.url() !== address) await open(tab, address.slice(world.dashboard.length))
  return found
}

describe('each page', () => {
  for (const path of paths)
    it(path, async () => {
      const tab = await browser.tab(world)
      const { page } = tab
      await signIn(tab, world, world.admin)
      const found: string[] = []
      const pressed = new Set<string>()
      for (const [at, address] of (visits[path]?.(things) ?? []).entries()) {
        const name = nameOf(address)
        await open(tab, address)
        expect(await page.title()).not.toBe('Manila')
        expect(await page.getByRole('heading', { level: 1 }).count()).toBe(1)
        found.push(...(await judge(tab, name)))
        const { stops, unseen, unreached } = await tabThrough(page)
        found.push(...unreached.map((what) => `${name}: no key reaches ${what}`))
        found.push(...unseen.map((what) => `${name}: the focus can't be seen on ${what}`))
        if ((await page.getByRole('dialog').count()) === 0) {
          expect(stops[0]).toMatch(/Skip to content/)
          // Its other addresses show the same in another state.
          found.push(
            ...(at === 0 ? await pressEverything(tab, name, pressed) : await menus(tab, name, pressed)),
          )
        }
      }
      expect(found).toEqual([])
    })
})
