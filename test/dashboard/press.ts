/** Everything that can be pressed on a page, as an administrator finds it: its tabs, its menus, and what opens behind them. */
import type { Locator, Page } from 'playwright-core'
import type { Words } from '../../dashboard/words/index.ts'
import type { Tab } from './browser.ts'
import { settled } from './looks.ts'

/** One walk through all pages, in one language. */
export interface Pressing {
  readonly words: Words
  /** Whatever is on the screen now: a line for each thing that is wrong. */
  readonly judge: (tab: Tab, name: string, isDialog?: boolean) => Promise<readonly string[]>
  /** Labels of actions that opened before, here or on another tab: they are not pressed again. */
  readonly pressed: Set<string>
}

/** After which an action that opened nothing did its work where it stands: it copied something. */
const mostMs = 1500

export async function open({ page }: Tab, url: string): Promise<void> {
  await page.goto(url)
  await page.locator('main h1, [role=dialog]').first().waitFor()
  await settled(page)
}

export const tabName = (name: string, title: string): string =>
  `${name}-${title.toLowerCase().replaceAll(' ', '-')}`

/** The page's own; those within one of them are gone with it. */
const ownTabs = (page: Page): Locator => page.getByRole('main').getByRole('tablist').first().getByRole('tab')

/** Opens each tab of the page but the first, which is open: names it when all is there. */
export async function* eachTab({ page }: Tab): AsyncGenerator<string> {
  for (const title of (await ownTabs(page).allInnerTexts()).slice(1)) {
    await ownTabs(page).filter({ hasText: title }).first().click()
    await settled(page)
    yield title
  }
}

/** Each tab of the page, each menu, each dialog that an action opens. */
export async function pressEverything(
  tab: Tab,
  name: string,
  pressing: Pressing,
): Promise<readonly string[]> {
  const { page } = tab
  const found: string[] = []
  let isTabbed = false
  for await (const title of eachTab(tab)) {
    isTabbed = true
    found.push(...(await pressing.judge(tab, tabName(name, title))))
    found.push(...(await menus(tab, `${name}-${title}`, pressing)))
  }
  if (isTabbed) await ownTabs(page).first().click()
  found.push(...(await menus(tab, name, pressing)))
  return found
}

/** The buttons of a page that open the actions of what is listed or shown. */
const menuButtons = (page: Page, { words }: Pressing): Locator =>
  page.getByRole('main').getByRole('button', { name: new RegExp(`^${words.common.actions('.+')}$`) })

export async function menus(tab: Tab, name: string, pressing: Pressing): Promise<readonly string[]> {
  const { page } = tab
  const found: string[] = []
  const buttons = menuButtons(page, pressing)
  // One is as the next; the last is another thing in another state.
  const last = (await buttons.count()) - 1
  const which = last < 0 ? [] : [...new Set([0, last])]
  for (const index of which) {
    await buttons.nth(index).focus()
    await page.keyboard.press('Enter')
    const menu = page.getByRole('menu')
    await menu.waitFor()
    if (index === 0) found.push(...(await pressing.judge(tab, `${name}-menu`, true)))
    const items = menu.getByRole('menuitem')
    const labels = await items.allInnerTexts()
    if (labels.some((label) => label.trim() === '')) found.push(`${name}: an action without a name`)
    await page.keyboard.press('Escape')
    await menu.waitFor({ state: 'hidden' })
    if (!(await buttons.nth(index).evaluate((button) => button === document.activeElement)))
      found.push(`${name}: the focus is lost behind its menu`)
    for (const label of labels.filter((one) => !pressing.pressed.has(one)))
      found.push(...(await oneAction(tab, { name, index, label, pressing })))
  }
  return found
}

async function oneAction(
  tab: Tab,
  {
    name,
    index,
    label,
    pressing,
  }: {
    readonly name: string
    readonly index: number
    readonly label: string
    readonly pressing: Pressing
  },
): Promise<readonly string[]> {
  const { page } = tab
  const address = page.url()
  await menuButtons(page, pressing).nth(index).click()
  const item = page.getByRole('menuitem', { name: label, exact: true }).first()
  if ((await item.getAttribute('aria-disabled')) === 'true') {
    await page.keyboard.press('Escape')
    await page.getByRole('menu').waitFor({ state: 'hidden' })
    return []
  }
  pressing.pressed.add(label)
  await item.click()
  const dialog = page.getByRole('dialog')
  const isOpen = await Promise.race([
    dialog.waitFor({ timeout: mostMs }).then(
      () => true,
      () => false,
    ),
    page
      .waitForURL((url) => url.href !== address, { timeout: mostMs, waitUntil: 'commit' })
      .then(
        () =>
          dialog.waitFor({ timeout: 300 }).then(
            () => true,
            () => false,
          ),
        () => false,
      ),
  ])
  let found: readonly string[] = []
  if (isOpen) {
    await settled(page)
    found = await pressing.judge(tab, `${name}-${label.toLowerCase().replaceAll(/[^a-z]+/g, '-')}`, true)
    await page.keyboard.press('Escape')
    await dialog.waitFor({ state: 'hidden' })
  }
  if (page.url() !== address) await open(tab, address)
  return found
}
