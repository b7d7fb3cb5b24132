/** Limits over HTTP. */
import { limitsOf } from '../../app/limits.ts'
import { show } from '../../app/quotas/sets.ts'
import { limitChanges } from '../../wire/limits/changes.ts'
import { showLimits, showServiceLimits } from '../../wire/limits/schema.ts'
import { route, type Route } from '../route.ts'
import { limitsView } from './view.ts'

export const limitRoutes: readonly Route[] = [
  route(showLimits, { changes: limitChanges }, async (ctx) => {
    const own = { projectId: ctx.identity.projectId, userId: null, shareType: null }
    return { limits: limitsView(ctx, await show(ctx, own)) }
  }),
  route(showServiceLimits, {}, async (ctx) => ({ service_limits: await limitsOf(ctx) })),
]
