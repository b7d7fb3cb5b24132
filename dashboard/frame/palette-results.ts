/** What a text finds: places of the dashboard; shares, snapshots, share groups and group snapshots by name or id. */
import { queryOptions } from '@tanstack/react-query'
import { isNotFound } from '../../src/sdk/api-error.ts'
import {
  listShareGroupSnapshotsDetail,
  showShareGroupSnapshot,
} from '../../src/wire/share-group-snapshots/schema.ts'
import { listShareGroupsDetail, showShareGroup } from '../../src/wire/share-groups/schema.ts'
import { listSharesDetail, showShare } from '../../src/wire/shares/schema.ts'
import { listSnapshotsDetail, showSnapshot } from '../../src/wire/snapshots/schema.ts'
import type { Console } from '../api/console.ts'
import { listKey } from '../api/reads.ts'
import { isId } from '../ui/ids.ts'
import type { Words } from '../words/index.ts'
import { destinationsFor } from './destinations.ts'

export interface Found {
  /** Where it is, below the base. */
  readonly to: string
  readonly kind: string
  readonly name: string
  readonly status?: string
}

/** Of each noun. */
const most = 6

export function placesLike(
  text: string,
  { frame }: Words,
  console: Console,
  isAdmin: boolean,
): readonly Found[] {
  const wanted = text.trim().toLowerCase()
  return destinationsFor(console, isAdmin)
    .map(({ to, word, admin }) => ({
      to,
      kind: admin === true ? frame.administration : frame.place,
      name: frame[word],
    }))
    .filter(({ name }) => name.toLowerCase().includes(wanted))
}

interface Named {
  readonly id: string
  readonly name: string | null
  readonly status: string
}

export const foundQuery = ({ client, capabilities }: Console, text: string, { frame }: Words) =>
  queryOptions({
    queryKey: listKey('shares', 'found', text),
    enabled: text !== '',
    placeholderData: (before) => before,
    queryFn: async (): Promise<readonly Found[]> => {
      const query = { 'name~': text, limit: most }
      const params = { id: text }
      const whole = isId(text)
      const groups = capabilities.has('share-groups')
      const found = await Promise.all([
        whole
          ? client.call(showShare, { params }).then(({ share }) => [share], noneOf)
          : client.call(listSharesDetail, { query }).then(({ shares }) => shares),
        whole
          ? client.call(showSnapshot, { params }).then(({ snapshot }) => [snapshot], noneOf)
          : client.call(listSnapshotsDetail, { query }).then(({ snapshots }) => snapshots),
        !groups
          ? []
          : whole
            ? client.call(showShareGroup, { params }).then((one) => [one.share_group], noneOf)
            : client.call(listShareGroupsDetail, { query }).then((some) => some.share_groups),
        !groups
          ? []
          : whole
            ? client
                .call(showShareGroupSnapshot, { params })
                .then((one) => [one.share_group_snapshot], noneOf)
            : client
                .call(listShareGroupSnapshotsDetail, { query })
                .then((some) => some.share_group_snapshots),
      ])
      const [shares, snapshots, ofGroups, ofGroupSnapshots] = found
      return [
        ...foundAt('/shares', frame.aShare, shares),
        ...foundAt('/snapshots', frame.aSnapshot, snapshots),
        ...foundAt('/groups', frame.aGroup, ofGroups),
        ...foundAt('/group-snapshots', frame.aGroupSnapshot, ofGroupSnapshots),
      ]
    },
  })

/** An id is of one noun; the others don't know it. */
function noneOf(error: unknown): readonly never[] {
  if (isNotFound(error)) return []
  throw error
}

const foundAt = (page: string, kind: string, rows: readonly Named[]): readonly Found[] =>
  rows.map((row) => ({
    to: `${page}/${encodeURIComponent(row.id)}`,
    kind,
    name: row.name || row.id.slice(0, 8),
    status: row.status,
  }))
