/** Dry runs over HTTP. */
import { tryPlacement as attempt, type Trial } from '../../app/placements/try.ts'
import type { ReplyOf } from '../../wire/endpoint.ts'
import { tryPlacement } from '../../wire/placements/schema.ts'
import { shareChanges } from '../../wire/shares/changes.ts'
import { route, type Route } from '../route.ts'
import { newShareInput } from '../shares/input.ts'

type Placement = ReplyOf<typeof tryPlacement>['placement']

const view = ({ shareType, problems, prices, found }: Trial): Placement => ({
  fits: problems.length === 0 && found !== null && found.fitting > 0,
  share_type: shareType === null ? null : { id: shareType.id, name: shareType.name },
  problems: [...problems],
  quota: prices.map((line) => ({ ...line, reserved: 0 })),
  pools_that_fit: found?.fitting ?? null,
  message: found?.message ?? null,
  refused: [...(found?.refused ?? [])],
  ...(found === null || found.pools === null ? {} : { pools: [...found.pools] }),
})

export const placementRoutes: readonly Route[] = [
  route(
    tryPlacement,
    // Behaviours and fields of a create at the caller's microversion.
    { changes: shareChanges, wrapper: 'placement', waits: true },
    async (ctx, { body: { placement } }) => {
      const { project_id: projectId } = placement
      const named = projectId === undefined || projectId === '' ? null : projectId
      return { placement: view(await attempt(ctx, newShareInput(placement), named)) }
    },
  ),
]
