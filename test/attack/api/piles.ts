/** Attacks that pile up rows: of what is counted, and of what is written with every change. */
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { projectCounts, locksOnResource } from '../../../src/db/store/limits.ts'
import { rulesOn } from '../../../src/db/store/rule-counts.ts'
import { setFaults } from '../../../src/storage/sim/faults.ts'
import type { Attack, Outcome } from '../attack.ts'
import { changesPerMinute, toldOf, wereServed } from './crowd.ts'
import { counted, shot, type Reply } from './strangers.ts'
import { smallLimits as limits, type Answer, type ApiWorld } from './world.ts'

const range = (count: number): number[] => Array.from({ length: count }, (_, i) => i)

/** Nothing of what went beyond the limit was stored, whatever was answered. */
async function judged(
  { ask, secret }: ApiWorld,
  answers: readonly Answer[],
  kept: number,
  limit: number,
  /** Of what is counted, in each request. */
  each = 1,
): Promise<Outcome> {
  const other = await ask(`/v2/shares/${secret.id}`, { as: 'victim' })
  const kinds = [...Map.groupBy(answers, ({ status }) => status)].map(
    ([status, all]) => `${status} × ${all.length}`,
  )
  const worse = answers.some(({ status }) => status >= 500)
  return {
    through: kept > limit || kept === 0 || worse || other.status !== 200,
    tried: `${answers.length * each} where ${limit} are allowed`,
    cameBack: `${kinds.join(', ')}; ${kept} are there; another's GET: ${other.status}`,
  }
}

export const rulesWithoutEnd: Attack<ApiWorld> = {
  name: 'rules without end',
  tries: 'allows one address after the other, all at once, so that each change of the share takes longer',
  async run(world) {
    const id = await world.share('attacker')
    const answers = await Promise.all(
      range(30).map((n) =>
        world.ask(`/v2/shares/${id}/action`, {
          method: 'POST',
          body: { allow_access: { access_type: 'ip', access_to: `10.1.0.${n + 1}` } },
        }),
      ),
    )
    const kept = await rulesOn(world.service.store.db, 'access_rules', id)
    return judged(world, answers, kept, limits.access_rules_per_share)
  },
}

/** Places `count` locks on each of the shares; the limit on one resource is met before that of the project. */
async function placed(world: ApiWorld, shares: readonly string[], count: number): Promise<Answer[]> {
  const lock = (resource_id: string): Promise<Answer> =>
    world.ask('/v2/resource-locks', {
      method: 'POST',
      body: { resource_lock: { resource_id, resource_type: 'share' } },
    })
  return Promise.all(shares.flatMap((id) => range(count).map(() => lock(id))))
}

async function unlock({ ask }: ApiWorld): Promise<void> {
  const { resource_locks: locks } = (await ask('/v2/resource-locks')).json as {
    resource_locks: { id: string }[]
  }
  for (const { id } of locks) await ask(`/v2/resource-locks/${id}`, { method: 'DELETE' })
}

export const locksOnOne: Attack<ApiWorld> = {
  name: 'locks on one share',
  tries: 'locks its share again and again, all at once',
  async run(world) {
    const id = await world.share('attacker')
    try {
      const answers = await placed(world, [id], 20)
      const kept = await locksOnResource(world.service.store.db, id)
      return await judged(world, answers, kept, limits.locks_per_resource)
    } finally {
      await unlock(world)
    }
  },
}

export const locksOfOne: Attack<ApiWorld> = {
  name: 'locks of one project',
  tries: 'locks each of its shares as often as that one may be',
  async run(world) {
    const ids = [await world.share('attacker'), await world.share('attacker'), await world.share('attacker')]
    try {
      const answers = await placed(world, ids, limits.locks_per_resource)
      const kept = await projectCounts.locks_per_project(world.service.store.db, world.projectIds.attacker)
      return await judged(world, answers, kept, limits.locks_per_project)
    } finally {
      await unlock(world)
    }
  },
}

const write = ({ ask }: ApiWorld, id: string, n: number): Promise<Answer> =>
  ask(`/v2/shares/${id}/metadata`, {
    method: 'POST',
    body: { metadata: { [`a${n}`]: 'x', [`b${n}`]: 'x' } },
  })

export const metadataOnOne: Attack<ApiWorld> = {
  name: 'metadata on one share',
  tries: 'writes more and more items to its share, two with each of forty requests at once',
  async run(world) {
    const id = await world.share('attacker')
    const answers = await Promise.all(range(40).map((n) => write(world, id, n)))
    const { json } = await world.ask(`/v2/shares/${id}/metadata`)
    const kept = Object.keys(json.metadata as object).length
    await world.ask(`/v2/shares/${id}`, { method: 'DELETE' })
    return judged(world, answers, kept, limits.metadata_per_resource, 2)
  },
}

export const metadataOfOne: Attack<ApiWorld> = {
  name: 'metadata of one project',
  tries: 'spreads items over its shares, so that no share has too many',
  async run(world) {
    const ids = [await world.share('attacker'), await world.share('attacker'), await world.share('attacker')]
    const { db } = world.service.store
    const count = (): Promise<number> => projectCounts.metadata_per_project(db, world.projectIds.attacker)
    const perShare = limits.metadata_per_resource / 2
    const answers = await Promise.all(ids.flatMap((id) => range(perShare).map((n) => write(world, id, n))))
    const kept = await count()
    for (const id of ids) await world.ask(`/v2/shares/${id}`, { method: 'DELETE' })
    return judged(world, answers, kept, limits.metadata_per_project, 2)
  },
}

export const workWithoutEnd: Attack<ApiWorld> = {
  name: 'work without end',
  tries: 'orders share after share while the backend is slow, so that nobody else has a turn',
  async run(world) {
    const { ask, service, projectIds, dir } = world
    const backend = join(dir, 'backends', 'alpha')
    const count = (): Promise<number> =>
      projectCounts.operations_per_project(service.store.db, projectIds.attacker)
    const drained = async (): Promise<void> => {
      const end = performance.now() + 60_000
      while ((await count()) > 0) {
        if (performance.now() > end) throw new Error('operations of the attacker do not end')
        await sleep(50)
      }
    }
    // Those of earlier attacks would be counted, too.
    await drained()
    await setFaults(backend, { create: { kind: 'slow', ms: 2000 } })
    try {
      const body = { share: { share_proto: 'NFS', size: 1, name: 'one of many' } }
      const answers = await Promise.all(range(24).map(() => ask('/v2/shares', { method: 'POST', body })))
      const kept = await count()
      return await judged(world, answers, kept, limits.operations_per_project)
    } finally {
      await setFaults(backend, {})
      await drained()
    }
  },
}

export const changesWithoutEnd: Attack<ApiWorld> = {
  name: 'changes without end',
  tries: 'writes one metadata item over and over, each time with an Idempotency-Key that is kept for a day',
  async run(world) {
    const crowd = await world.crowd()
    const { url, noisy } = crowd
    const began = performance.now()
    const work = async (): Promise<Reply[]> => {
      const replies: Reply[] = []
      for (const i of range(20)) {
        const some = range(25).map((n) =>
          shot(url, `/v2/shares/${noisy.shareId}/metadata`, {
            from: '127.0.22.1',
            method: 'POST',
            headers: {
              'x-auth-token': noisy.token,
              'x-openstack-manila-api-version': '2.99',
              'idempotency-key': `again-${i}-${n}`,
            },
            body: { metadata: { 'key-0': `${i} ${n}` } },
          }),
        )
        replies.push(...(await Promise.all(some)))
      }
      return replies
    }
    const { result, others } = await crowd.beside(work())
    const most = changesPerMinute + (changesPerMinute / 60_000) * (performance.now() - began)
    const taken = result.filter(({ status }) => status < 300).length
    return {
      through: taken > most || taken === 0 || !wereServed(others),
      tried: `${result.length} changes where ${changesPerMinute} a minute are allowed`,
      cameBack: `${counted(result)}; ${toldOf(others)}`,
    }
  },
}
