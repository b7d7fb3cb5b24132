/** Attacks on the database's time: what a member may look for, and how long that may keep everybody else waiting. */
import type { Attack } from '../attack.ts'
import { crowdLimits, itemsPerShare, toldOf, wereServed, type Crowd } from './crowd.ts'
import { counted, shot, type Reply } from './strangers.ts'
import type { ApiWorld } from './world.ts'

/** As python-manilaclient writes it: `{'key-0': 'value', …}`. */
const pairs = (count: number, key = 'key-', value = 'value'): string =>
  encodeURIComponent(`{${Array.from({ length: count }, (_, n) => `'${key}${n}':'${value}'`).join(',')}}`)

const asked = ({ url, noisy }: Crowd, path: string): Promise<Reply> =>
  shot(url, path, {
    from: '127.0.20.10',
    headers: { 'x-auth-token': noisy.token, 'x-openstack-manila-api-version': '2.99' },
  })

const lists = ({ noisy }: Crowd): readonly string[] => [
  '/v2/shares?metadata=',
  '/v2/shares/detail?metadata=',
  '/v2/shares?extra_specs=',
  '/v2/shares/detail?is_public=true&extra_specs=',
  '/v2/snapshots?metadata=',
  '/v2/snapshots/detail?metadata=',
  `/v2/share-access-rules?share_id=${noisy.shareId}&metadata=`,
  '/v2/types?extra_specs=',
]

export const manyPairs: Attack<ApiWorld> = {
  name: 'filters with many pairs',
  tries: 'has lists filtered by 21, 200 and 990 pairs of metadata and extra specs',
  async run(world) {
    const crowd = await world.crowd()
    const all = lists(crowd).flatMap((list) =>
      [21, 200, 990].map((count) => `${list}${pairs(count, 'k', '')}`),
    )
    const { result, others } = await crowd.beside(Promise.all(all.map((path) => asked(crowd, path))))
    return {
      // What is worked on is a query as long as the member likes; what ends in a 500 is one that the database refused.
      through: result.some(({ status }) => status < 400 || status > 499) || !wereServed(others),
      tried: `${all.length} lists`,
      cameBack: `${counted(result)}; ${toldOf(others)}`,
    }
  },
}

export const wideTogether: Attack<ApiWorld> = {
  name: 'sixteen wide filters at once',
  tries:
    'keeps the database busy with as many pairs as it may ask for, over all that it has, sixteen times at once',
  async run(world) {
    const crowd = await world.crowd()
    const replies = Array.from({ length: 16 }, (_, n) =>
      asked(crowd, `/v2/shares?limit=${n + 1}&metadata=${pairs(itemsPerShare, 'key-', 'none')}`),
    )
    const { result, others } = await crowd.beside(Promise.all(replies))
    // However fast the machine is: who waits behind all of them has one turn, who has a line of his own one after each at least.
    const isBehind = others.gets < replies.length
    return {
      through: result.some(({ status }) => status === 500) || isBehind || !wereServed(others),
      tried: `${replies.length} lists`,
      cameBack: `${counted(result)}; ${toldOf(others)}`,
    }
  },
}

export const longStatements: Attack<ApiWorld> = {
  name: 'statements that take long',
  tries:
    'makes the database work for one request longer than a request may, by counting behind a filter that nothing matches',
  async run(world) {
    const crowd = await world.crowd()
    const query = `with_count=true&limit=1&metadata=${pairs(itemsPerShare, 'key-', 'none')}`
    // Where nothing can interrupt a statement the last one goes on, and a machine that others use may be slow just then: so it is asked until
    // it is refused once, which without the budget it never is.
    const tookMs: number[] = []
    const work = async (): Promise<number> => {
      for (;;) {
        const began = performance.now()
        const { status } = await asked(crowd, `/v2/shares/detail?${query}`)
        tookMs.push(performance.now() - began)
        if (status !== 200 || tookMs.length === 8) return status
      }
    }
    const { result, others } = await crowd.beside(work())
    // Two statements, each within the budget, and before them a rest as long as the request before took. Half of them, so that a moment in
    // which the machine stood still says nothing.
    const usualMs = tookMs.toSorted((a, b) => a - b)[Math.floor(tookMs.length / 2)] ?? 0
    const isOver = result === 503 || (result === 200 && usualMs < crowdLimits.request_ms * 4.5)
    return {
      through: !isOver || !wereServed(others),
      tried: `${tookMs.length} lists with a budget of ${crowdLimits.request_ms} ms`,
      cameBack: `${result} at last, half of them within ${usualMs.toFixed(0)} ms; ${toldOf(others)}`,
    }
  },
}

export const patterns: Attack<ApiWorld> = {
  name: 'patterns that take for ever',
  tries:
    'searches for text in which % and _ would make a pattern, one of them to be found in billions of ways where a database tries them all',
  async run(world) {
    const crowd = await world.crowd()
    const many = `${'%x'.repeat(40)}%y`
    const texts = { 'name~': ['l%g-', 'l_ng-', many], 'description~': ['x%x', 'x_x', many] }
    const paths = Object.entries(texts).flatMap(([field, words]) =>
      words.map((word) => `/v2/shares/detail?limit=1&${field}=${encodeURIComponent(word)}`),
    )
    const work = async (): Promise<Reply[]> => {
      const replies: Reply[] = []
      for (const path of paths) replies.push(await asked(crowd, path))
      return replies
    }
    const { result, others } = await crowd.beside(work())
    // No share has such a text; a pattern would find them all.
    const found = result.filter(({ status, text }) => status === 200 && text.includes('"long-')).length
    return {
      through: found > 0 || result.some(({ status }) => status >= 500) || !wereServed(others),
      tried: `${paths.length} searches`,
      cameBack: `${counted(result)}, ${found} of them found something; ${toldOf(others)}`,
    }
  },
}
