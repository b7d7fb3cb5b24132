/** What several commands about shares share: showing one and waiting for one. */
import { ApiError } from '../../sdk/api-error.ts'
import type { Client } from '../../sdk/client.ts'
import { statusOrGone } from '../../sdk/watch.ts'
import { listExportLocations } from '../../wire/export-locations/schema.ts'
import { showShare } from '../../wire/shares/schema.ts'
import type { Share } from '../lookup.ts'
import { showOf } from '../output/output.ts'
import type { Show } from '../output/shape.ts'
import type { Session } from '../session.ts'
import { fieldsOf } from '../views.ts'
import { waitUntilDone } from '../wait.ts'

/** Everything about a share, with its export locations. */
export async function shareFields(client: Client, id: string, known?: Share): Promise<Show> {
  const share = known ?? (await client.call(showShare, { params: { id } })).share
  return showOf({ ...fieldsOf(share), ...(await locationsOf(client, id)) })
}

/** Before 2.9 the share carries them itself. A public share of another project shows none. */
async function locationsOf(client: Client, id: string): Promise<{ export_locations?: unknown }> {
  if (client.minor < 9) return {}
  try {
    const { export_locations: locations } = await client.call(listExportLocations, { params: { id } })
    return { export_locations: locations.map((location) => fieldsOf(location)) }
  } catch (error) {
    if (error instanceof ApiError && (error.status === 403 || error.status === 404)) return {}
    throw error
  }
}

export const shareStatus = (client: Client, id: string) => (): Promise<string | null> =>
  statusOrGone(async () => (await client.call(showShare, { params: { id } })).share.status)

/** Until it is available again, or in one of `until`. */
export async function waitForShare(
  client: Client,
  session: Session,
  id: string,
  what: string,
  until: readonly (string | null)[] = ['available'],
): Promise<void> {
  await waitUntilDone(client, session, { resourceId: id, what, status: shareStatus(client, id), until })
}
