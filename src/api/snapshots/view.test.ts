/** As `shares/view.test.ts`: what is compiled against every property written out. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Ctx } from '../../app/context.ts'
import type { SnapshotListRow } from '../../db/store/snapshot-list.ts'
import { maxMinor } from '../../model/version.ts'
import { lower, type JsonObject } from '../../wire/changes.ts'
import { snapshotChanges } from '../../wire/snapshots/changes.ts'
import type { UrlParts } from '../route.ts'
import { maybe, often, plainStamp, stamp, text, url } from '../row-texts.fixture.ts'
import { snapshotRows, snapshotView } from './view.ts'

function plainView(isAdmin: boolean, minor: number, url: UrlParts, row: SnapshotListRow): JsonObject {
  const path = `${url.projectPart}/snapshots/${row.id}`
  return lower(snapshotChanges, minor, {
    id: row.id,
    share_id: row.share_id,
    share_size: row.share_size,
    created_at: plainStamp(row.created_at),
    status: row.status,
    name: row.name,
    description: row.description,
    size: row.size,
    share_proto: row.share_proto,
    links: [
      { rel: 'self', href: `${url.base}/v2${path}` },
      { rel: 'bookmark', href: `${url.base}${path}` },
    ],
    user_id: row.user_id,
    project_id: row.project_id,
    metadata: row.metadata,
    ...(isAdmin ? { provider_location: row.provider_location } : {}),
  })
}

const row = fc.record({
  id: text,
  share_id: often(),
  share_size: fc.integer({ min: 1, max: 3 }),
  created_at: stamp,
  status: often(),
  name: maybe,
  description: maybe,
  size: fc.integer({ min: 1, max: 3 }),
  share_proto: often(),
  user_id: often(),
  project_id: often(),
  metadata: fc.dictionary(text, text, { maxKeys: 3 }),
  provider_location: maybe,
}) as unknown as fc.Arbitrary<SnapshotListRow>

test('a list writes what JSON makes of each snapshot, at every microversion and for everybody', () => {
  let written = 0
  fc.assert(
    fc.property(fc.array(row, { minLength: 1, maxLength: 6 }), url, fc.boolean(), (rows, at, isAdmin) => {
      for (let minor = 0; minor <= maxMinor; minor++) {
        const ctx = { minor, identity: {}, policy: { check: () => isAdmin } } as unknown as Ctx
        const { text: write } = snapshotRows(ctx, at)
        for (const one of rows) {
          const expected = JSON.stringify(plainView(isAdmin, minor, at, one))
          expect(JSON.stringify(snapshotView(ctx, at, one))).toBe(expected)
          if (write === undefined) continue
          written++
          expect(write(one)).toBe(expected)
        }
      }
    }),
    { numRuns: 60 },
  )
  expect(written).toBeGreaterThan(1000)
})
