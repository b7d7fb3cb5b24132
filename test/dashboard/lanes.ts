/** Two tabs that work off one list at once: each mostly waits for its page. */
import type { Browser } from 'playwright-core'
import { lastSeen, launch, openTab, signIn, type Tab, type TabOptions } from './browser.ts'
import { inTime } from './patience.ts'
import type { User, World } from './world.ts'

const lanes = 2

/** A place with many tabs takes a minute; what takes longer than this hangs. */
const placeMs = 300_000

/** What was found at a place, a line each; errors of the way there reject. */
export type Findings = readonly string[]

export interface Walk<Place> extends AsyncDisposable {
  /** All places are walked to in their order from the first question on; asked again, the answer is the same. */
  at(place: Place): Promise<Findings>
}

interface WalkOptions<Place> {
  readonly world: World
  readonly user: User
  readonly places: readonly Place[]
  readonly look: (tab: Tab, place: Place) => Promise<Findings>
  readonly options?: TabOptions
}

/** What the page complains of (see browser.ts) is found too. A tab in which something broke is closed, and another one goes on. */
export function walkThrough<Place extends string>({
  world,
  user,
  places,
  look,
  options,
}: WalkOptions<Place>): Walk<Place> {
  const answers = new Map(places.map((place) => [place, Promise.withResolvers<Findings>()]))
  for (const { promise } of answers.values()) promise.catch(() => {})
  const todo = [...places]
  let walking: Promise<unknown> | null = null
  const lane = async (browser: Browser): Promise<void> => {
    let tab: Tab | null = null
    for (let place = todo.shift(); place !== undefined; place = todo.shift()) {
      const answer = answers.get(place)
      try {
        tab ??= await signedIn(browser)
        const before = tab.complaints().length
        const found = await inTime(place, look(tab, place), placeMs)
        const complaints = tab.complaints().slice(before)
        const all = [...found, ...complaints.map((what) => `the page complained: ${what}`)]
        // Told at once: the end of a run that is broken off tells nothing.
        if (all.length > 0) process.stderr.write(`${place}:\n${all.join('\n')}\n`)
        answer?.resolve(all)
      } catch (error) {
        answer?.reject(error)
        if (tab !== null) await lastSeen(tab.page, place)
        // One that hangs may not even close: it ends with its browser.
        if (tab !== null) await inTime(`the tab of ${place}`, tab.context.close()).catch(() => {})
        tab = null
      }
    }
    await tab?.context.close()
  }
  async function signedIn(browser: Browser): Promise<Tab> {
    const tab = await openTab(browser, world, options)
    await signIn(tab, world, user)
    return tab
  }
  async function start(): Promise<void> {
    const browser = await launch()
    try {
      await Promise.all(Array.from({ length: lanes }, () => lane(browser)))
    } finally {
      await browser.close()
    }
  }
  return {
    async at(place) {
      walking ??= start().catch((error: unknown) => {
        for (const { reject } of answers.values()) reject(error)
      })
      return (await answers.get(place)?.promise) ?? [`nobody goes to ${place}`]
    },
    async [Symbol.asyncDispose]() {
      todo.length = 0
      await walking
    },
  }
}
