/** What the dashboard costs whoever uses it: `npm run bench -- --only dashboard`, and the limits that the suite holds it to. */
import type { Browser } from 'playwright-core'
import { bytes, figure, ms, type Figure } from '../perf/report.ts'
import { buildDashboard } from './build.ts'
import { launch, openTab, signIn, type Tab } from './browser.ts'
import { settled } from './looks.ts'
import { manyShares } from './many.ts'
import { startWorld, type World } from './world.ts'

export const limits = {
  firstLoadBytes: 300 * 1024,
  listMs: 1000,
  idleRequestsPerMinute: 2,
  /** More than this after a second hour of events is not bounded. */
  heapGrowthBytes: 4 * 1024 * 1024,
} as const

/** Once a second, for an hour. */
const eventsOfAnHour = 3600

/** Bytes of files and of answers as they came over the wire, heads included, from nothing kept to the list. */
export async function firstLoad(
  browser: Browser,
  world: World,
): Promise<{ readonly files: number; readonly answers: number }> {
  const tab = await openTab(browser, world)
  const cdp = await tab.context.newCDPSession(tab.page)
  await cdp.send('Network.enable')
  const isAnswer = new Map<string, boolean>()
  const sums = { files: 0, answers: 0 }
  cdp.on(
    'Network.responseReceived',
    ({ requestId, type }) => void isAnswer.set(requestId, type === 'Fetch' || type === 'XHR'),
  )
  cdp.on('Network.loadingFinished', ({ requestId, encodedDataLength }) => {
    sums[isAnswer.get(requestId) === true ? 'answers' : 'files'] += encodedDataLength
  })
  await signIn(tab, world, world.demo, 'shares')
  await tab.page.getByRole('region', { name: 'Shares' }).waitFor()
  await settled(tab.page)
  await tab.context.close()
  return sums
}

/** Milliseconds from asking for the page to a list that can be read and pressed, each on a warm cache. */
export async function toTheList({ page }: Tab, world: World, times: number): Promise<readonly number[]> {
  const taken: number[] = []
  for (let run = 0; run < times; run++) {
    const began = performance.now()
    await page.goto(`${world.dashboard}shares`, { waitUntil: 'commit' })
    await page
      .getByRole('link', { name: /^share-\d+$/ })
      .first()
      .waitFor()
    taken.push(performance.now() - began)
    await settled(page)
  }
  return taken
}

/** Requests that a page makes while nobody touches it. */
export async function whileIdle({ page }: Tab, forMs: number): Promise<number> {
  let count = 0
  const hear = (): void => void count++
  page.on('request', hear)
  await page.waitForTimeout(forMs)
  page.off('request', hear)
  return count
}

/** For what a page does about the last events. */
const restMs = 3000

/** Bytes in use after collecting: at the start, after an hour of events, after another. */
export async function heapUnderEvents(tab: Tab, world: World): Promise<readonly [number, number, number]> {
  const { page } = tab
  const cdp = await tab.context.newCDPSession(page)
  const used = async (): Promise<number> => {
    await cdp.send('HeapProfiler.collectGarbage')
    return (await cdp.send('Runtime.getHeapUsage')).usedSize
  }
  let hour = 0
  let isTold = Promise.withResolvers<void>()
  await page.route(/\/v2\/events/, async (route) => {
    if (hour > 2) return route.abort()
    const lines = hour === 0 ? [] : Array.from({ length: eventsOfAnHour }, (_one, at) => change(hour, at))
    await route.fulfill({
      contentType: 'text/event-stream',
      body: ['event: hello\ndata: {"types":["share"]}\n\n', ...lines].join(''),
    })
    isTold.resolve()
  })
  await page.goto(`${world.dashboard}shares`)
  await page
    .getByRole('link', { name: /^share-\d+$/ })
    .first()
    .waitFor()
  const readings: number[] = []
  // One page all the time: whenever the stream ends it is asked for again, and brings the next hour.
  for (; hour < 3; hour++) {
    isTold = Promise.withResolvers<void>()
    await isTold.promise
    await page.waitForTimeout(restMs)
    readings.push(await used())
  }
  return readings as unknown as readonly [number, number, number]
}

function change(hour: number, at: number): string {
  const event = {
    event: 'share.status',
    resource_type: 'share',
    resource_id: crypto.randomUUID(),
    project_id: 'p',
    status: 'available',
    request_id: `req-${crypto.randomUUID()}`,
    operation_id: null,
    created_at: '2026-11-27T00:00:00.000000',
  }
  return `event: change\nid: ${hour}-${at}\ndata: ${JSON.stringify(event)}\n\n`
}

/** Starts all that it needs; takes about two minutes, one of them to watch an idle page. */
export async function measureDashboard(shares = 10_000): Promise<Figure[]> {
  process.env.MANILA_TEST_DASHBOARD ??= await buildDashboard()
  await using world = await startWorld()
  await manyShares(world, shares)
  const browser = await launch()
  try {
    const { files, answers } = await firstLoad(browser, world)
    const tab = await openTab(browser, world)
    await signIn(tab, world, world.demo, 'shares')
    const taken = (await toTheList(tab, world, 9)).toSorted((a, b) => a - b)
    const median = taken[4] as number
    const idle = await whileIdle(tab, 60_000)
    const heap = await heapUnderEvents(tab, world)
    const most = (limit: number, is: number): string => (is <= limit ? 'within' : 'BEYOND')
    const mib = (value: number): string => `${(value / 1_048_576).toFixed(1)} MiB`
    return [
      figure(
        'first load until the list, compressed files',
        bytes(files),
        `${most(limits.firstLoadBytes, files)} 307,200; and ${answers.toLocaleString('en-US')} of answers`,
      ),
      figure(
        `to a usable list, ${shares.toLocaleString('en-US')} shares, warm cache`,
        ms(median),
        `${most(limits.listMs, median)} 1 s; ${ms(taken[0] as number)} to ${ms(taken[8] as number)}`,
      ),
      figure(
        'requests of an idle page in a minute',
        String(idle),
        `${most(limits.idleRequestsPerMinute, idle)} 2`,
      ),
      figure(
        `memory after an hour of events (${eventsOfAnHour.toLocaleString('en-US')})`,
        heap.map(mib).join(', '),
        `none, one hour, another: ${most(limits.heapGrowthBytes, heap[2] - heap[1])} 4 MiB more`,
      ),
    ]
  } finally {
    await browser.close()
  }
}
