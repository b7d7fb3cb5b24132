/** Lists of access rules: of which share, and by what they may be narrowed. */
import { type Ctx, scopeOf } from '../context.ts'
import type { RuleFilters } from '../../db/store/access-rules.ts'
import { visibleShare } from '../../db/store/shares.ts'
import { invalid } from '../../model/errors.ts'
import { findShare } from '../shares/find.ts'
import { levelOf, targetOf } from './allow.ts'
import { isPrying, rulesReader, type ReadRules } from './find.ts'

/** As the share's action does it, up to 2.44: all of them. */
export async function listOfShare(ctx: Ctx, shareId: string): Promise<ReadRules> {
  return rulesReader(ctx, await findShare(ctx, shareId))
}

export interface ListAccessRules {
  readonly query: Readonly<Record<string, string>>
  /** Parsed by the edge. */
  readonly metadata: Readonly<Record<string, string>> | null
}

/** `hides`: hidden rules must not be shown at all. 400, not 404, for a share that isn't there: it is a filter here. */
export async function listByQuery(
  ctx: Ctx,
  { query, metadata }: ListAccessRules,
): Promise<{ read: ReadRules; hides: boolean }> {
  const shareId = query.share_id
  if (shareId === undefined || shareId === '') throw invalid('share_id must be given in the query')
  const share = await visibleShare(ctx.db, scopeOf(ctx), shareId.slice(0, 64))
  if (share === undefined)
    throw invalid(`share_id must be the id of a share; ${shareId.slice(0, 64)} is none`)
  const filters = { ...filtersOf(ctx, query), metadata: metadata ?? undefined }
  return { read: rulesReader(ctx, share, filters), hides: isPrying(filters) }
}

function filtersOf(ctx: Ctx, query: Readonly<Record<string, string>>): RuleFilters {
  if (!ctx.flags.has('accessFilters')) return {}
  const { access_type: type, access_to: to, access_key: key, access_level: level } = query
  for (const [name, value] of Object.entries({
    access_type: type,
    access_to: to,
    access_key: key,
    access_level: level,
  })) {
    if (value === '') throw invalid(`${name} must not be empty`)
  }
  if (type !== undefined && !['ip', 'user', 'cert', 'cephx'].includes(type)) {
    throw invalid('access_type must be one of ip, user, cert, cephx')
  }
  if (to !== undefined && type === undefined) throw invalid('access_to needs access_type')
  return {
    type,
    key,
    level: level === undefined ? undefined : levelOf(level),
    canonicalTo: to === undefined || type === undefined ? undefined : targetOf(ctx, type, to),
  }
}
