/** What a text finds: places of the dashboard, shares and snapshots by name or id. */
import { queryOptions } from '@tanstack/react-query'
import { isNotFound } from '../../src/sdk/api-error.ts'
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

export const foundQuery = ({ client }: Console, text: string, { frame }: Words) =>
  queryOptions({
    queryKey: listKey('shares', 'found', text),
    enabled: text !== '',
    placeholderData: (before) => before,
    queryFn: async (): Promise<readonly Found[]> => {
      const query = { 'name~': text, limit: most }
      const orNone = async <T>(
        asked: Promise<T>,
        pick: (answer: T) => readonly Named[],
      ): Promise<readonly Named[]> =>
        asked.then(pick, (error: unknown) => {
          if (isNotFound(error)) return []
          throw error
        })
      const [shares, snapshots] = isId(text)
        ? await Promise.all([
            orNone(client.call(showShare, { params: { id: text } }), ({ share }) => [share]),
            orNone(client.call(showSnapshot, { params: { id: text } }), ({ snapshot }) => [snapshot]),
          ])
        : await Promise.all([
            orNone(client.call(listSharesDetail, { query }), ({ shares }) => shares),
            orNone(client.call(listSnapshotsDetail, { query }), ({ snapshots }) => snapshots),
          ])
      const found =
        (kind: string, path: string) =>
        (row: Named): Found => ({
          to: `/${path}/${encodeURIComponent(row.id)}`,
          kind,
          name: row.name || row.id.slice(0, 8),
          status: row.status,
        })
      return [
        ...shares.map(found(frame.aShare, 'shares')),
        ...snapshots.map(found(frame.aSnapshot, 'snapshots')),
      ]
    },
  })
