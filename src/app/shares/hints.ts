/**
 * Scheduler hints: which shares to be near to or away from, which pool. Kept in the metadata of the new share, and of those it
 * names as far as the caller may write there: another project's public share can be named, and learns nothing of it.
 */
import { type Ctx, isAdmin, scopeOf } from '../context.ts'
import { setMetadata, shareMetadata } from '../../db/store/share-metadata.ts'
import { takeShares } from '../../db/store/share-turns.ts'
import { visibleShare } from '../../db/store/shares.ts'
import { fault, invalid } from '../../model/errors.ts'

export const sameHostKey = '__affinity_same_host'
export const differentHostKey = '__affinity_different_host'

export interface Hints {
  readonly sameHost: readonly string[]
  readonly differentHost: readonly string[]
  readonly onlyHost: string | null
  readonly query: string | null
  /** Of the shares named, those that remember it; they are this request's until the end. */
  readonly remembering: readonly string[]
}

/** Hints that only an administrator may use are dropped for others, as in the original. */
const mayPin = (ctx: Ctx): boolean => ctx.flags.has('onlyHostHint') && isAdmin(ctx)

/** 400 for what isn't a uuid, 404 for a share the caller can't see. With `keeps` those that will remember it are the caller's until the end. */
export async function hintsOf(
  ctx: Ctx,
  given: Readonly<Record<string, string | null | undefined>>,
  keeps: boolean,
): Promise<Hints> {
  const remembering: string[] = []
  const sameHost = await shares(ctx, 'same_host', given.same_host, remembering)
  const differentHost = await shares(ctx, 'different_host', given.different_host, remembering)
  if (keeps) await takeShares(ctx.tx, remembering)
  return {
    sameHost,
    differentHost,
    remembering,
    onlyHost: mayPin(ctx) ? (given.only_host ?? null) : null,
    query: given.query ?? null,
  }
}

/** More would not fit the metadata value that keeps them. */
const maxHinted = 27

async function shares(
  ctx: Ctx,
  name: string,
  text: string | null | undefined,
  remembering: string[],
): Promise<readonly string[]> {
  const ids = [
    ...new Set(
      (text ?? '')
        .split(',')
        .map((id) => id.trim())
        .filter((id) => id !== ''),
    ),
  ]
  if (ids.length > maxHinted) throw invalid(`scheduler_hints.${name} may name at most ${maxHinted} shares`)
  for (const id of ids) {
    if (!/^[0-9a-fA-F]{8}-([0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}$/.test(id)) {
      throw invalid(`scheduler_hints.${name} must be a comma-separated list of share uuids`)
    }
    const share = await visibleShare(ctx.db, scopeOf(ctx), id)
    if (share === undefined) throw fault('ShareNotFound', { id })
    const target = { project_id: share.project_id, user_id: share.user_id }
    if (ctx.policy.check('share:update_share_metadata', ctx.identity, target)) remembering.push(share.id)
  }
  return ids
}

/** What the new share itself remembers. */
export function affinityMetadata(hints: Hints): Record<string, string> {
  return {
    ...(hints.sameHost.length > 0 ? { [sameHostKey]: hints.sameHost.join(',') } : {}),
    ...(hints.differentHost.length > 0 ? { [differentHostKey]: hints.differentHost.join(',') } : {}),
  }
}

/** The shares it names remember it too, as many as their metadata can hold: 400 for one more. */
export async function recordAffinity(ctx: Ctx, shareId: string, hints: Hints): Promise<void> {
  for (const { key, other, list } of await remembered(ctx, hints)) {
    await setMetadata(ctx.tx, other, { [key]: [...new Set([...list, shareId])].join(',') })
  }
}

/** 400 where {@link recordAffinity} would refuse one more share. */
export async function roomForAffinity(ctx: Ctx, hints: Hints): Promise<void> {
  await remembered(ctx, hints)
}

/** What each of the shares remembers so far, by the key it is under. */
async function remembered(
  ctx: Ctx,
  hints: Hints,
): Promise<{ readonly key: string; readonly other: string; readonly list: readonly string[] }[]> {
  const found = []
  for (const [name, key, others] of [
    ['same_host', sameHostKey, hints.sameHost],
    ['different_host', differentHostKey, hints.differentHost],
  ] as const) {
    for (const other of others.filter((id) => hints.remembering.includes(id))) {
      const known = (await shareMetadata(ctx.db, other))[key]
      const list = [...new Set((known ?? '').split(',').filter((id) => id !== ''))]
      if (list.length >= maxHinted) {
        throw invalid(
          `scheduler_hints.${name} can't name share ${other}: ${maxHinted} shares name it already, and there is no room for more`,
        )
      }
      found.push({ key, other, list })
    }
  }
  return found
}
