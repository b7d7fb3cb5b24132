/** Scheduler hints: which shares to be near to or away from, which pool. Kept symmetrically in share metadata. */
import { type Ctx, scopeOf } from '../context.ts'
import { setMetadata, shareMetadata } from '../../db/store/share-metadata.ts'
import { visibleShare } from '../../db/store/shares.ts'
import { fault, invalid } from '../../model/errors.ts'
import { mayPin } from './create.ts'

export const sameHostKey = '__affinity_same_host'
export const differentHostKey = '__affinity_different_host'

export interface Hints {
  readonly sameHost: readonly string[]
  readonly differentHost: readonly string[]
  readonly onlyHost: string | null
  readonly query: string | null
}

/** 400 for what isn't a uuid, 404 for a share the caller can't see. */
export async function hintsOf(
  ctx: Ctx,
  given: Readonly<Record<string, string | null | undefined>>,
): Promise<Hints> {
  return {
    sameHost: await shares(ctx, 'same_host', given.same_host),
    differentHost: await shares(ctx, 'different_host', given.different_host),
    onlyHost: mayPin(ctx) ? (given.only_host ?? null) : null,
    query: given.query ?? null,
  }
}

/** More would not fit the metadata value that keeps them. */
const maxHinted = 27

async function shares(ctx: Ctx, name: string, text: string | null | undefined): Promise<readonly string[]> {
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
    if ((await visibleShare(ctx.db, scopeOf(ctx), id)) === undefined) throw fault('ShareNotFound', { id })
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

/** The shares it names remember it too. */
export async function recordAffinity(ctx: Ctx, shareId: string, hints: Hints): Promise<void> {
  for (const [key, others] of [
    [sameHostKey, hints.sameHost],
    [differentHostKey, hints.differentHost],
  ] as const) {
    for (const other of others) {
      const known = (await shareMetadata(ctx.db, other))[key]
      const list = [...new Set([...(known ?? '').split(',').filter((id) => id !== ''), shareId])]
      await setMetadata(ctx.tx, other, { [key]: list.join(',') })
    }
  }
}
