/** Filters of lists that ask for what others have. */
import type { Attack } from '../attack.ts'
import type { ApiWorld } from './world.ts'

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
        // What was asked for may be said again, in a link: then the others tell.
        const told = Object.values(secret).filter((one) => !query.includes(one))
        if (told.some((one) => text.includes(one))) found.push(`${list}?${query}`)
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
