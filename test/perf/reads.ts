/** Reading in a small and in a large store: a page must cost the same in both. */
import { rmSync } from 'node:fs'
import { openStore } from '../../src/db/open.ts'
import { bytes, figure, memoryOf, ms, ratio, spread, type Figure } from './report.ts'
import { parsed } from './http.ts'
import { seedShares } from './seed-shares.ts'
import { databaseIn, startMeasured } from './service.ts'
import { percentile, timed } from './timing.ts'

interface Page {
  readonly shares: readonly { readonly id: string }[]
}

const calls = 300

export interface Reads {
  readonly figures: readonly Figure[]
  /** Milliseconds, p50. */
  readonly list: number
  readonly get: number
}

/** Seeds `count` shares of the demo project into a store of its own and reads. Leaves the store for the next measurement. */
export async function measureReads(dir: string, count: number, before: Reads | null): Promise<Reads> {
  // A first start makes the accounts; the store belongs to one process at a time.
  const first = await startMeasured(dir, 'sim')
  const { projectId } = first
  await first.stop()
  const store = await openStore(databaseIn(dir))
  const began = performance.now()
  await seedShares(store, count, (index) => ({
    projectId,
    userId: 'bench',
    now: Date.now() * 1000 + index,
    share: { name: `share-${index}`, is_public: 0 },
    instance: { status: 'available', host: 'node@alpha#pool', progress: '100%' },
  }))
  const seededMs = performance.now() - began
  await store.close()

  const service = await startMeasured(dir, 'sim')
  const { call } = service
  try {
    const list = async (path: string): Promise<Page> => parsed(await call('GET', path)) as Page
    const page = '/v2/shares/detail?limit=100'
    const newest = await list(page)
    const ids = newest.shares.map(({ id }) => id)
    await timed(50, () => list(page))
    const lists = await timed(calls, () => list(page))
    const middle = await markerAt(list, Math.min(count - 200, 5000))
    const behind = await timed(calls, () => list(`${page}&marker=${middle}`))
    const gets = await timed(calls, async (n) => parsed(await call('GET', `/v2/shares/${ids[n % 100]}`)))
    const { now, most } = memoryOf(service.process.pid)
    const of = `, ${count.toLocaleString('en-US')} shares`
    const [p50, get] = [percentile(lists, 50), percentile(gets, 50)]
    const beside = (mine: number, theirs: number | undefined): string =>
      theirs === undefined ? '' : `${ratio(mine, theirs)} of the small store`
    return {
      list: p50,
      get,
      figures: [
        figure(`list of 100 detail${of}`, spread(lists), beside(p50, before?.list)),
        figure(
          `  the same behind a marker${of}`,
          spread(behind),
          `${ratio(percentile(behind, 50), p50)} of the first page`,
        ),
        figure(`GET share${of}`, spread(gets), beside(get, before?.get)),
        figure(`memory after that${of}`, bytes(now), `at most ${bytes(most)}; seeded in ${ms(seededMs)}`),
      ],
    }
  } finally {
    await service.stop()
  }
}

/** The id of the row about `depth` rows into the list. */
async function markerAt(list: (path: string) => Promise<Page>, depth: number): Promise<string> {
  let marker = ''
  for (let at = 0; at < depth;) {
    const { shares } = await list(`/v2/shares?limit=1000${marker === '' ? '' : `&marker=${marker}`}`)
    marker = shares.at(-1)?.id ?? ''
    at += shares.length
    if (shares.length === 0) break
  }
  return marker
}

export const forget = (dir: string): void => rmSync(dir, { recursive: true, force: true })
