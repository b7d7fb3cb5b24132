/** Services over HTTP, under their present and their `os-` names. */
import type { Ctx } from '../../app/context.ts'
import { ensureShares } from '../../app/services/ensure-shares.ts'
import { list } from '../../app/services/list.ts'
import { switchService } from '../../app/services/switch.ts'
import { invalid } from '../../model/errors.ts'
import { boolFromString } from '../../model/extra-specs.ts'
import type { BodyOf } from '../../wire/endpoint.ts'
import { serviceChanges } from '../../wire/services/changes.ts'
import * as wire from '../../wire/services/schema.ts'
import { booleanQuery } from '../lists.ts'
import { route, type Route } from '../route.ts'
import { serviceView, switchedView } from './view.ts'

const options = { changes: serviceChanges }

async function listAll(ctx: Ctx, query: Readonly<Record<string, string>>): Promise<object> {
  const text = ctx.flags.has('filterByEnsuring') ? query.ensuring : undefined
  const ensuring = text === undefined ? null : boolFromString(text)
  if (text !== undefined && ensuring === null) return { services: [] }
  const withSince = booleanQuery(query, 'with_since') === true
  const services = await list(ctx, { query, ensuring, withSince })
  return { services: services.map((service) => serviceView(ctx, service)) }
}

async function turn(
  ctx: Ctx,
  enabled: boolean,
  { host, binary, disabled_reason: reason = null }: BodyOf<typeof wire.enableService>,
): Promise<object> {
  return switchedView(ctx, await switchService(ctx, { host, binary, enabled, reason }))
}

function hostIn({ ensure_shares: wrapped, host }: BodyOf<typeof wire.ensureShares>): string {
  const name = wrapped?.host ?? host
  if (name === undefined) throw invalid('ensure_shares.host must be given')
  return name
}

export const serviceRoutes: readonly Route[] = [
  route(wire.listServices, options, (ctx, { query }) => listAll(ctx, query)),
  route(wire.listServicesLegacy, options, (ctx, { query }) => listAll(ctx, query)),
  route(wire.enableService, options, (ctx, { body }) => turn(ctx, true, body)),
  route(wire.enableServiceLegacy, options, (ctx, { body }) => turn(ctx, true, body)),
  route(wire.disableService, options, (ctx, { body }) => turn(ctx, false, body)),
  route(wire.disableServiceLegacy, options, (ctx, { body }) => turn(ctx, false, body)),
  route(wire.ensureShares, options, (ctx, { body }) => ensureShares(ctx, hostIn(body))),
]
