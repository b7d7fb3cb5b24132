/**
 * A share that is only talked about: whether it would be granted, what it costs and where it fits. Asked as a create asks
 * (`app/shares/new-share.ts`) and answered by the scheduler; nothing is written, reserved or held, so that it may be otherwise a
 * moment later.
 */
import { CallFailed, type Answers } from '../../bus/bus.ts'
import { roomOf, type PriceLine } from '../../db/store/quota-room.ts'
import { Fault, fault } from '../../model/errors.ts'
import { toldCause } from '../../model/causes.ts'
import type { NewShareField } from '../../model/new-share-fields.ts'
import { shareCharges } from '../../model/charges.ts'
import type { Payer } from '../../model/quota-lines.ts'
import { refusalWords } from '../../model/refusals.ts'
import type { Ctx } from '../context.ts'
import { roomForMetadata, withinProject } from '../limits.ts'
import { abilitiesOf } from '../shares/create.ts'
import { roomForAffinity } from '../shares/hints.ts'
import { newShare, type AskedShare, type CreateShareInput } from '../shares/new-share.ts'
import type { ChosenType } from '../shares/type-rules.ts'

export interface Problem {
  readonly field: NewShareField | null
  readonly message: string
  readonly status: number
}

export interface Trial {
  readonly shareType: ChosenType | null
  readonly problems: readonly Problem[]
  readonly prices: readonly PriceLine[]
  /** Null when nobody was asked. */
  readonly found: Found | null
}

export interface Found {
  readonly fitting: number
  readonly message: string | null
  readonly refused: readonly { readonly filter: string; readonly count: number; readonly why: string }[]
  /** Null for whoever may not see pools. */
  readonly pools: Answers['placement.try']['pools']
}

/** A placement is a few statements; who types waits no longer than this. */
const deadlineMs = 5000

/**
 * `projectId` of another project: its quota, for those that the policy lets. Throws 403 for others, and 503 when no scheduler
 * answers in time.
 */
export async function tryPlacement(
  ctx: Ctx,
  input: CreateShareInput,
  projectId: string | null,
): Promise<Trial> {
  const ownProject = projectId === null || projectId === ctx.identity.projectId
  if (!ownProject) ctx.policy.authorize('placement:try_all_projects', ctx.identity)
  // Whoever will make it there is not known: no user's limits but the caller's own.
  const payer = ownProject
    ? { projectId: ctx.identity.projectId, userId: ctx.identity.userId }
    : { projectId, userId: '' }
  const problems: Problem[] = []
  const check = async <T>(
    field: NewShareField | null,
    work: () => T | Promise<T>,
  ): Promise<T | undefined> => {
    try {
      return await work()
    } catch (error) {
      if (!(error instanceof Fault)) throw error
      problems.push({ field, message: error.message, status: error.status })
      return undefined
    }
  }
  const asked = await newShare<undefined>(ctx, input, { payer, keeps: false, check })
  const prices = await pricesOf(ctx, payer, asked, problems)
  const adding = Object.keys(input.metadata).length
  await check('metadata', () => roomForMetadata(ctx, payer.projectId, { adding, holds: false }))
  await check('scheduler_hints', () => asked.hints && roomForAffinity(ctx, asked.hints))
  await check(null, () => withinProject(ctx, 'operations_per_project', payer.projectId, { holds: false }))
  return {
    shareType: asked.type ?? null,
    problems,
    prices,
    found: await askScheduler(ctx, payer, input, asked, problems),
  }
}

async function pricesOf(
  ctx: Ctx,
  payer: Omit<Payer, 'shareTypeId'>,
  { size, type }: AskedShare<undefined>,
  problems: Problem[],
): Promise<readonly PriceLine[]> {
  if (size === undefined) return []
  const whole = { ...payer, shareTypeId: type?.id ?? null }
  const { replication_type } = abilitiesOf(type ?? null)
  const share = {
    project_id: payer.projectId,
    user_id: payer.userId,
    size,
    target_size: null,
    replication_type,
  }
  const lines = shareCharges(share, [{ status: 'creating', share_type_id: whole.shareTypeId }])
  const room = await roomOf(ctx.db, [whole], ctx.settings.quota)
  const excess = room.excess([], lines)
  if (excess !== null) {
    const { message, status } = fault('OverQuota', { ...excess })
    problems.push({ field: excess.resource.endsWith('gigabytes') ? 'size' : null, message, status })
  }
  return room.prices(whole, lines, size)
}

/**
 * Null when there is nothing that could be placed. A tenant whose size is refused is not told where it would fit: what is
 * beyond his quota, he could measure the storage with.
 */
async function askScheduler(
  ctx: Ctx,
  { projectId }: Omit<Payer, 'shareTypeId'>,
  input: CreateShareInput,
  { protocol, zone, source, size, type, hints }: AskedShare<undefined>,
  problems: readonly Problem[],
): Promise<Found | null> {
  if (protocol === undefined || zone === undefined || source === undefined) return null
  if (size === undefined || type === undefined || hints === undefined) return null
  const withPools = ctx.policy.check('placement:see_pools', ctx.identity)
  if (!withPools && problems.some(({ field, status }) => field === 'size' || status === 413)) return null
  const { onlyHost, query, sameHost, differentHost } = hints
  const question = {
    sizeGib: size,
    protocol,
    projectId,
    name: input.name,
    shareTypeId: type?.id ?? null,
    snapshotPool: source?.instance.host ?? null,
    availabilityZoneId: zone?.id ?? null,
    onlyHost,
    sameHost: [...sameHost],
    differentHost: [...differentHost],
    query,
    withPools,
  }
  const { requestId } = ctx
  const { fitting, refused, detailId, unmet, pools } = await ctx.bus
    .call('scheduler', 'placement.try', question, { deadlineMs, requestId })
    .catch((error: unknown) => {
      if (!(error instanceof CallFailed)) throw error
      const message = 'The scheduler does not answer: ask again in a moment.'
      throw fault('Unavailable', { message, retryAfterS: 2 }, { cause: error })
    })
  const seesAll = ctx.policy.check('operation:get_cause_detail', ctx.identity)
  return {
    fitting,
    message:
      detailId === null ? null : toldCause({ code: 'no-valid-host', detailId, unmet }, seesAll).message,
    refused: refused.map((one) => ({ ...one, why: refusalWords(one.filter) })),
    pools,
  }
}
