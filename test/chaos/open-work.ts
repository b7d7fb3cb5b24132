/** What a cluster still has to do; said in full when it should have been over, since the rows are gone with the test. */
import { readFile, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { Cluster } from '../../tools/cluster/cluster.ts'

const described = 5
const linesEach = 12

/** A sentence for each operation that is not over and each instance whose rules are behind; empty when all is done. */
export async function openWork({ store, members }: Cluster): Promise<readonly string[]> {
  const open = await store.db
    .selectFrom('operations as it')
    .leftJoin('lanes', 'lanes.lane', 'it.lane')
    .select([
      'it.id',
      'it.kind',
      'it.state',
      'it.topic',
      'it.backend_id',
      'it.step',
      'it.attempts',
      'it.not_before',
      'it.updated_at',
      'it.cause_message',
      'lanes.holder',
      'lanes.expires_at',
    ])
    .where('it.state', 'in', ['queued', 'running', 'undoing'])
    .execute()
  const behind = await store.db
    .selectFrom('share_instances')
    .select(['id', 'share_id', 'status', 'access_generation', 'access_applied'])
    .whereRef('access_generation', '<>', 'access_applied')
    .execute()
  const dead = members.filter((one) => one.pid === 0).map(({ name }) => name)
  const work = [
    ...open.map((row) => `operation ${JSON.stringify(row)}`),
    ...behind.map((row) => `rules behind ${JSON.stringify(row)}`),
  ]
  return work.length > 0 && dead.length > 0 ? [...work, `not running: ${dead.join(', ')}`] : work
}

/** The last lines that the services of `dir` logged about what `work` names. */
export async function saidOf(dir: string, work: readonly string[]): Promise<readonly string[]> {
  const ids = work.slice(0, described).flatMap((line) => /"id":"([^"]+)"/.exec(line)?.[1] ?? [])
  const logs = join(dir, 'log')
  const said: string[] = []
  for (const name of await readdir(logs)) {
    const lines = (await readFile(join(logs, name), 'utf8')).split('\n')
    for (const id of ids) said.push(...lines.filter((line) => line.includes(id)).slice(-linesEach))
  }
  return said.map((line) => line.slice(0, 1000))
}
