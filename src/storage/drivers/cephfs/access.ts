/**
 * The CEPHFS protocol: clients mount the subvolume themselves, with a cephx key that Ceph's volumes module makes. It keeps
 * which project an auth id belongs to and refuses ids that it didn't make, so administrators' keys are out of reach.
 */
import { DriverError } from '../../contract/driver.ts'
import { codes, expectAll, failureOf } from './agent.ts'
import {
  changeAll,
  checkedId,
  infoFrom,
  isPlainName,
  knownName,
  lookAll,
  nameOf,
  places,
  serverPrefix,
  subvolume,
} from './volume.ts'
import type { ExportLocation, ExportRef, ExportRule, RuleOutcome } from '../../contract/driver.ts'
import type { Step, StepResult } from './agent.ts'
import type { Volume } from './volume.ts'

/** What may become part of `client.<id>` and of a file's name in Ceph's records. */
const authId = /^[A-Za-z0-9_@=+][A-Za-z0-9_@=+-]{0,127}$/

/** `mon1:port,mon2:port:/volumes/…`, as kernel and FUSE clients take it. Nobody has access until rules say so. */
export async function publishNatively(volume: Volume, target: ExportRef): Promise<readonly ExportLocation[]> {
  const id = checkedId(target.id)
  if (!isPlainName(target.name))
    throw new DriverError(
      `${JSON.stringify(target.name.slice(0, 64))} can't be an export's name`,
      'nothing-happened',
      {
        reason: 'unsupported',
      },
    )
  const [info] = await changeAll(volume, id, [
    subvolume(volume, 'info', knownName(target)),
    { do: 'link', path: places(volume.options).published(id), target: '1' },
  ])
  const { monitors, path } = infoFrom(info ?? { code: 0 })
  return [{ path: `${monitors.join(',')}:${path}`, preferred: true, adminOnly: false }]
}

/** Takes every key's access away and ends the mounts that used it. */
export async function unpublishNatively(volume: Volume, target: ExportRef): Promise<void> {
  const id = checkedId(target.id)
  const name = await nameOf(volume, { ...bare, ...target })
  if (name !== null) {
    const list = subvolume(volume, 'authorized_list', name)
    const [granted] = await volume.agent.look([list])
    if (granted !== undefined && granted.code !== codes.notFound)
      await changeAll(volume, id, denials(volume, name, authorized(list, granted).keys()))
  }
  await changeAll(volume, id, [{ do: 'unlink', paths: [places(volume.options).published(id)] }])
}

/** Grants what is missing, changes levels, takes away what no rule asks for; each rule has its own outcome. */
export async function applyNatively(
  volume: Volume,
  target: ExportRef,
  rules: readonly ExportRule[],
): Promise<readonly RuleOutcome[]> {
  const id = checkedId(target.id)
  const name = knownName(target)
  const list = subvolume(volume, 'authorized_list', name)
  const look: Step[] = [{ do: 'readlink', path: places(volume.options).published(id) }, list]
  const [published, granted] = await lookAll(volume, look)
  if (published?.value === null)
    throw new DriverError(`${id} is not published`, 'nothing-happened', { reason: 'not-found' })
  const now = authorized(list, granted ?? { code: 0 })
  const fit = rules.filter(
    (rule) => rule.type === 'cephx' && authId.test(rule.to) && !rule.to.startsWith(serverPrefix),
  )
  const wanted = new Map(fit.map((rule) => [rule.to, level(rule)]))
  // A client that may only read from now on would keep on writing with what it holds.
  const lowered = [...now].filter(([who, was]) => was === 'rw' && wanted.get(who) === 'r').map(([who]) => who)
  const surplus = [...now.keys()].filter((who) => !wanted.has(who))
  const grants = fit.map((rule): Step => ({
    ...subvolume(volume, 'authorize', name, {
      auth_id: rule.to,
      access_level: level(rule),
      tenant_id: target.state['project'] ?? '',
    }),
    ok: 'any',
  }))
  // Whose key Ceph can't take away holds up nobody else.
  const before = denials(volume, name, surplus).map((step): Step => ({ ...step, ok: 'any' }))
  const steps = [...before, ...grants, ...lowered.map((who) => evict(volume, name, who))]
  const results = expectAll(steps, await volume.agent.change(id, steps))
  const answers = results.slice(before.length)
  const outcomes = rules.map((rule) => {
    const index = fit.indexOf(rule)
    if (index === -1) return unfit(rule)
    return outcomeOf(rule, grants[index]!, answers[index] ?? { code: codes.again })
  })
  return [
    ...outcomes,
    ...surplus.flatMap((who, at) => stayed(who, before.slice(2 * at), results.slice(2 * at))),
  ]
}

/** Nothing, or that Ceph does not take the key of `who` away; throws what is no fault of that id. */
function stayed(
  who: string,
  [deauthorize, evict]: readonly Step[],
  [taken, ended]: readonly StepResult[],
): readonly RuleOutcome[] {
  for (const [step, result] of [
    [deauthorize, taken],
    [evict, ended],
  ] as const) {
    if (step === undefined || result === undefined || [0, codes.notFound].includes(result.code)) continue
    if (result.code !== codes.invalid) throw failureOf(step, result)
    const why = `Ceph can't take the key of ${who} away: an administrator has to look at what it keeps of that auth id.`
    const stays = { type: 'cephx', to: who }
    return [{ id: '', state: 'error', accessKey: null, why, reason: null, stays }]
  }
  return []
}

/** Ids of the shares that are published natively. */
export async function publishedNatively(volume: Volume): Promise<readonly string[]> {
  const [found] = await lookAll(volume, [{ do: 'links', path: places(volume.options).publishedAll }])
  return Object.keys(found?.value as object)
}

function outcomeOf(rule: ExportRule, step: Step, { code, out = '', err = '' }: StepResult): RuleOutcome {
  if (code === 0) return { id: rule.id, state: 'active', accessKey: out.trim(), why: null, reason: null }
  // Ceph's own answer to another project's id, and to one that it did not make for a share.
  if (code === codes.notPermitted || code === codes.exists) {
    const why = `The auth id ${rule.to} is in use elsewhere; choose another.`
    return { id: rule.id, state: 'error', accessKey: null, why, reason: 'client-forbidden' }
  }
  // It has no use for this id, which says nothing of the others.
  if (code === codes.invalid || code === codes.notFound) {
    const why = `Ceph does not take ${JSON.stringify(rule.to.slice(0, 64))} as an auth id of this share.`
    return { id: rule.id, state: 'error', accessKey: null, why, reason: 'unsupported' }
  }
  throw failureOf(step, { code, err })
}

function unfit(rule: ExportRule): RuleOutcome {
  const refusal = { id: rule.id, state: 'error', accessKey: null } as const
  if (rule.type !== 'cephx')
    return {
      ...refusal,
      why: `CephFS knows clients by cephx id only; a rule of type ${rule.type} can't be enforced`,
      reason: 'access-type-unsupported',
    }
  if (rule.to.startsWith(serverPrefix)) {
    const why = `Auth ids that begin with ${serverPrefix} are this service's own; choose another.`
    return { ...refusal, why, reason: 'client-forbidden' }
  }
  const why = `${JSON.stringify(rule.to.slice(0, 64))} can't be an auth id here: letters, digits and _ @ = + - only`
  return { ...refusal, why, reason: 'unsupported' }
}

/** Deauthorizing leaves mounts as they are, so they are ended, after the key can't make new ones. */
export function denials(volume: Volume, name: string, who: Iterable<string>): readonly Step[] {
  return [...who].flatMap((one) => [
    { ...subvolume(volume, 'deauthorize', name, { auth_id: one }), ok: [0, codes.notFound] },
    evict(volume, name, one),
  ])
}

function evict(volume: Volume, name: string, who: string): Step {
  return { ...subvolume(volume, 'evict', name, { auth_id: who }), ok: [0, codes.notFound] }
}

const level = (rule: ExportRule): 'rw' | 'r' => (rule.level === 'rw' ? 'rw' : 'r')

/** Auth id → level. */
export function authorized(step: Step, result: StepResult): ReadonlyMap<string, string> {
  if (result.code !== 0) throw failureOf(step, result)
  const rows = JSON.parse(result.out ?? '[]') as readonly Record<string, string>[]
  return new Map(rows.flatMap((row) => Object.entries(row)))
}

const bare = { shareId: '', projectId: '', sizeGib: 0, pool: '', specs: {}, mountPointName: null }
