/** What changes, as it changes. */
import { eventResources, type FollowEvents } from '../../app/events/sight.ts'
import type { EventResource } from '../../db/store/records.ts'
import { invalid } from '../../model/errors.ts'
import { followEvents } from '../../wire/events/schema.ts'
import { booleanQuery } from '../lists.ts'
import { Reply, route, type Route } from '../route.ts'
import { EventFeed } from './feed.ts'

/** Resources that one stream may name; more are all of the project's. */
const mostIds = 50

export const eventRoutes: readonly Route[] = [
  route(followEvents, {}, async (_ctx, { query }) => {
    const wanted: FollowEvents = {
      types: typesOf(query.resource_type),
      resourceIds: idsOf(query.resource_id),
      projectId: query.project_id ?? null,
      allTenants: booleanQuery(query, 'all_tenants', 'all_projects') === true,
    }
    return new Reply(200, new EventFeed(wanted, query.last_event_id))
  }),
]

function typesOf(text: string | undefined): readonly EventResource[] | null {
  if (text === undefined) return null
  return text.split(',').map((name) => {
    const known = eventResources.find((type) => type === name)
    if (known === undefined)
      throw invalid(`resource_type must be some of ${eventResources.join(', ')}, with commas`)
    return known
  })
}

function idsOf(text: string | undefined): readonly string[] | null {
  if (text === undefined) return null
  const ids = text.split(',')
  if (ids.length > mostIds) throw invalid(`resource_id must have at most ${mostIds} ids`)
  if (ids.some((id) => id === '' || id.length > 64))
    throw invalid('resource_id must have ids of 1 to 64 characters')
  return ids
}
