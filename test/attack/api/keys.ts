/** Side doors between two projects that are no ids. */
import { randomUUID } from 'node:crypto'
import type { Attack } from '../attack.ts'
import type { ApiWorld } from './world.ts'

export const idempotencyKeys: Attack<ApiWorld> = {
  name: 'idempotency keys of others',
  tries: "repeats another project's request with its idempotency key, to be given that answer",
  async run({ ask, secret }) {
    const key = randomUUID()
    const headers = { 'idempotency-key': key }
    const wish = { share: { share_proto: 'NFS', size: 1, name: `${secret.name} again` } }
    const theirs = await ask('/v2/shares', { as: 'victim', method: 'POST', headers, body: wish })
    const same = await ask('/v2/shares', { method: 'POST', headers, body: wish })
    const other = await ask('/v2/shares', {
      method: 'POST',
      headers,
      body: { share: { ...wish.share, size: 2 } },
    })
    const id = theirs.json?.share?.id as string
    const through = [same, other].some(({ text }) => text.includes(id)) || same.status >= 400
    for (const answer of [same, other]) {
      const made = answer.json?.share?.id as string | undefined
      if (made !== undefined) await ask(`/v2/shares/${made}`, { method: 'DELETE' })
    }
    await ask(`/v2/shares/${id}`, { as: 'victim', method: 'DELETE' })
    return {
      through,
      tried: '2 requests',
      cameBack: `${theirs.status} to the victim, then ${same.status} and ${other.status}, with shares of the own`,
    }
  },
}

/** The same words for what is another's and for what is not there, whatever is compared: also how long it takes to say so. */
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
