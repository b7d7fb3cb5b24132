/** Filters of lists: what they may tell, and what they may cost. */
import type { Answer, ApiWorld } from './world.ts'
import type { Attack } from '../attack.ts'

/** Longer than a list may keep a caller who asks for nothing strange. */
const patienceMs = 2000
const pairs = (count: number): string =>
  encodeURIComponent(
    `{${Array.from({ length: count }, (_, number) => `'key${number}': 'value${number}'`).join(', ')}}`,
  )

/** Two hundred pairs took 20 s on a server, twelve such requests all its connections, and 990 a 500 on SQLite. */
export const filterFlood: Attack<ApiWorld> = {
  name: 'filters with hundreds of pairs',
  tries:
    'asks lists for hundreds of metadata and extra specs at once, many requests together, while the victim lists its shares',
  async run({ ask, secret }) {
    const answers: Promise<Answer>[] = []
    for (const count of [21, 200, 990, 5000]) {
      for (const list of ['/v2/shares', '/v2/shares/detail'])
        for (const name of ['metadata', 'extra_specs']) answers.push(ask(`${list}?${name}=${pairs(count)}`))
      answers.push(ask(`/v2/snapshots/detail?metadata=${pairs(count)}`))
      answers.push(ask(`/v2/share-access-rules?share_id=${secret.id}&metadata=${pairs(count)}`))
    }
    const victims: { ms: number; status: number }[] = []
    for (let turn = 0; turn < 5; turn++) {
      const began = performance.now()
      const { status } = await ask('/v2/shares', { as: 'victim' })
      victims.push({ status, ms: performance.now() - began })
    }
    const settled = await Promise.all(answers)
    const slowest = Math.max(...victims.map(({ ms }) => ms))
    const statuses = new Map<number, number>()
    for (const { status } of settled) statuses.set(status, (statuses.get(status) ?? 0) + 1)
    const broken = settled.some(({ status }) => status >= 500 || status === 200)
    return {
      through: broken || slowest > patienceMs || victims.some(({ status }) => status !== 200),
      tried: `${settled.length} lists at once`,
      cameBack: `${[...statuses].map(([status, times]) => `${times} × ${status}`).join(', ')}; the victim waited at most ${Math.round(slowest)} ms`,
    }
  },
}

/** As many pairs as are allowed have to be no way to hold the service either. */
export const widestFilter: Attack<ApiWorld> = {
  name: 'the widest filters allowed',
  tries:
    'asks for as many pairs as a filter takes, a hundred times together, while the victim lists its shares',
  async run({ ask }) {
    const answers = Array.from({ length: 100 }, () => ask(`/v2/shares/detail?metadata=${pairs(20)}`))
    const began = performance.now()
    const { status } = await ask('/v2/shares', { as: 'victim' })
    const ms = performance.now() - began
    const settled = await Promise.all(answers)
    const wrong = settled.filter((answer) => answer.status >= 500)
    return {
      through: wrong.length > 0 || status !== 200 || ms > patienceMs,
      tried: `${settled.length} lists of 20 pairs`,
      cameBack: `${settled.filter((answer) => answer.status === 200).length} × 200, ${wrong.length} broken; the victim got ${status} in ${Math.round(ms)} ms`,
    }
  },
}

export const filtersOfOthers: Attack<ApiWorld> = {
  name: 'filters that look beyond',
  tries: "filters own lists by another project's ids, names, paths and hosts",
  async run({ ask, secret, projectIds, userIds }) {
    const queries = [
      `project_id=${projectIds.victim}`,
      `project_id=${projectIds.victim}&all_tenants=1`,
      'all_tenants=1',
      `name=${secret.name}`,
      'name~=merger',
      `description~=tenth`,
      `id=${secret.id}`,
      `share_id=${secret.id}`,
      `user_id=${userIds.victim}`,
      'is_public=true',
      'is_public=all',
      'host=node@alpha%23p',
      'export_location_path=127.0.0.1:/x',
      'status=available&with_count=true&all_tenants=true',
    ]
    const lists = [
      '/v2/shares',
      '/v2/shares/detail',
      '/v2/snapshots/detail',
      '/v2/messages',
      '/v2/operations',
      '/v2/resource-locks',
    ]
    const statuses = new Map<number, number>()
    const found: string[] = []
    for (const list of lists) {
      for (const query of queries) {
        const { status, text } = await ask(`${list}?${query}`)
        statuses.set(status, (statuses.get(status) ?? 0) + 1)
        const echoed = text.replaceAll(query.slice(query.indexOf('=') + 1), '')
        if (echoed.includes(secret.id) || echoed.includes(secret.name) || echoed.includes(secret.description))
          found.push(`${list}?${query}`)
      }
    }
    return {
      through: found.length > 0 || [...statuses.keys()].some((status) => status >= 500),
      tried: `${lists.length * queries.length} lists`,
      cameBack: [[...statuses].map(([status, times]) => `${times} × ${status}`).join(', '), ...found].join(
        '; ',
      ),
    }
  },
}
