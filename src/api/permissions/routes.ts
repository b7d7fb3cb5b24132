/** What a caller may do, over HTTP. */
import type { Ctx } from '../../app/context.ts'
import { pageOf, permissionsOf } from '../../app/permissions/list.ts'
import type { Judged, Verdict } from '../../app/permissions/verdict.ts'
import { invalid } from '../../model/errors.ts'
import { mostPermissions, type PermittedResource } from '../../model/permissions.ts'
import { accessRuleChanges } from '../../wire/access-rules/changes.ts'
import { existsAt, isExperimentalAt } from '../../wire/endpoint.ts'
import { listPermissions } from '../../wire/permissions/schema.ts'
import { shareChanges } from '../../wire/shares/changes.ts'
import { snapshotChanges } from '../../wire/snapshots/changes.ts'
import { booleanQuery, idList, nextLink, pageRequest } from '../lists.ts'
import { route, type Route } from '../route.ts'

/** Behaviours at the caller's microversion are those of the routes that are asked about. */
const changes = [...shareChanges, ...snapshotChanges, ...accessRuleChanges]

const rules = {
  maxLimit: mostPermissions,
  sortKeys: { created_at: 'created_at' },
  zeroIsMax: true,
} as const

function view(resource: string, { id, verdicts }: Judged, exists: (verdict: Verdict) => boolean): object {
  return {
    resource,
    id,
    actions: verdicts.filter(exists).map(({ action, refusal }) => ({
      action,
      allowed: refusal === null,
      code: refusal?.code ?? null,
      status: refusal?.status ?? null,
      reason: refusal?.reason ?? null,
    })),
  }
}

/** `others` are the routes that are asked about: only what exists at the caller's microversion is told. */
export function permissionRoute(others: readonly Route[]): Route {
  const endpoints = Map.groupBy(
    others.map(({ endpoint }) => endpoint),
    ({ id }) => id.replace(/Legacy$/, ''),
  )
  const asks = (ctx: Ctx, experimental: boolean) => (verdict: Verdict) =>
    ctx.minor >= (verdict.since ?? 0) &&
    (endpoints.get(verdict.endpoint) ?? []).some(
      (one) => existsAt(one, ctx.minor) && (experimental || !isExperimentalAt(one, ctx.minor)),
    )
  return route(listPermissions, { changes }, async (ctx, { query, url, experimental }) => {
    const exists = asks(ctx, experimental)
    const resource = query.resource as PermittedResource
    if (query.id !== undefined) {
      const judged = await permissionsOf(ctx, resource, idsIn(query))
      return { permissions: judged.map((one) => view(resource, one, exists)) }
    }
    const page = pageRequest({ limit: '', ...query }, rules)
    const limited = { ...page, limit: page.limit ?? mostPermissions }
    const of = {
      shareId: query.share_id === undefined || query.share_id === '' ? null : query.share_id,
      allProjects: booleanQuery(query, 'all_projects') === true,
    }
    const ids = await pageOf(ctx, resource, of, limited)
    const judged = await permissionsOf(ctx, resource, ids)
    const last = ids.at(-1)
    return {
      permissions: judged.map((one) => view(resource, one, exists)),
      ...nextLink(
        'permissions_links',
        url,
        limited,
        last === undefined ? undefined : { id: last },
        ids.length,
      ),
    }
  })
}

const ofPages = ['share_id', 'all_projects', 'limit', 'marker'] as const

/** At most {@link mostPermissions} ids, each once. */
function idsIn(query: Readonly<Record<string, string | undefined>>): string[] {
  const both = ofPages.find((name) => query[name] !== undefined)
  if (both !== undefined) throw invalid(`${both} is of a page: it can't be given together with id`)
  return idList(query.id ?? '', mostPermissions)
}
