/**
 * Every page that there is, as an administrator sees it: with the keyboard alone, for screen readers in both schemes, on a phone, in both
 * languages; every menu is opened and every dialog behind it. Pictures of all are in `node_modules/.cache/pictures`.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { de } from '../../dashboard/words/de/index.ts'
import { en } from '../../dashboard/words/en/index.ts'
import type { Tab } from './browser.ts'
import { judgeGerman } from './german.ts'
import { judge } from './judge.ts'
import { tabThrough } from './keyboard.ts'
import { walkThrough, type Walk } from './lanes.ts'
import { paths } from './paths.ts'
import { menus, open, pressEverything, type Pressing } from './press.ts'
import { stock, type Stock } from './stock.ts'
import { visits } from './visits.ts'
import { startWorld, type World } from './world.ts'

let world: World
let things: Stock
let walk: Walk<string>
let inGerman: Walk<string>
beforeAll(async () => {
  world = await startWorld()
  things = await stock(await world.client(world.admin), world.api)
  const where = { world, user: world.admin, places: paths }
  walk = walkThrough({ ...where, look })
  inGerman = walkThrough({ ...where, look: lookInGerman, options: { language: 'de-DE' } })
})
afterAll(async () => {
  await walk?.[Symbol.asyncDispose]()
  await inGerman?.[Symbol.asyncDispose]()
  await world?.[Symbol.asyncDispose]()
})

/** A page waits for those before it too; what hangs in one ends by the patience of its tab. */
const timeout = 900_000

/** As the files with its pictures are called. */
const nameOf = (address: string): string => {
  const ids = Object.entries(things).filter(([, id]) => id !== '')
  const called = ids.reduce((text, [what, id]) => text.replaceAll(id, what), address)
  const plain = called.replaceAll(/[^a-z0-9]+/gi, '-')
  return plain === '' ? 'overview' : plain
}

async function look(tab: Tab, path: string): Promise<readonly string[]> {
  const { page } = tab
  const found: string[] = []
  const pressing: Pressing = { words: en, judge, pressed: new Set() }
  for (const [at, address] of (visits[path]?.(things) ?? []).entries()) {
    const name = nameOf(address)
    await open(tab, `${world.dashboard}${address}`)
    expect(await page.title()).not.toBe('Manila')
    expect(await page.getByRole('heading', { level: 1 }).count()).toBe(1)
    found.push(...(await judge(tab, name)))
    const { stops, unseen, unreached } = await tabThrough(page)
    found.push(...unreached.map((what) => `${name}: no key reaches ${what}`))
    found.push(...unseen.map((what) => `${name}: the focus can't be seen on ${what}`))
    if ((await page.getByRole('dialog').count()) > 0) continue
    expect(stops[0]).toMatch(/Skip to content/)
    // Its other addresses show the same in another state.
    found.push(...(at === 0 ? await pressEverything(tab, name, pressing) : await menus(tab, name, pressing)))
  }
  return found
}

async function lookInGerman(tab: Tab, path: string): Promise<readonly string[]> {
  const found: string[] = []
  const pressing: Pressing = { words: de, judge: judgeGerman, pressed: new Set() }
  for (const [at, address] of (visits[path]?.(things) ?? []).entries()) {
    const name = nameOf(address)
    await open(tab, `${world.dashboard}${address}`)
    found.push(...(await judgeGerman(tab, name)))
    if (at > 0 || (await tab.page.getByRole('dialog').count()) > 0) continue
    found.push(...(await pressEverything(tab, name, pressing)))
  }
  return found
}

describe('each page', () => {
  for (const path of paths) it(path, { timeout }, async () => expect(await walk.at(path)).toEqual([]))
})

describe('each page in German', () => {
  for (const path of paths) it(path, { timeout }, async () => expect(await inGerman.at(path)).toEqual([]))
})
