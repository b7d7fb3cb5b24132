/** The text of a list and the object of one share against a plain reading of both: every property written out, nothing compiled. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Ctx } from '../../app/context.ts'
import type { ShareListRow } from '../../db/store/share-list.ts'
import { maxMinor } from '../../model/version.ts'
import { lower, type JsonObject } from '../../wire/changes.ts'
import { shareChanges } from '../../wire/shares/changes.ts'
import type { UrlParts } from '../route.ts'
import { flag, maybe, often, plainStamp, stamp, text, url } from '../row-texts.fixture.ts'
import { shareRows, shareView } from './view.ts'

function plainView(hostAdmin: boolean, minor: number, url: UrlParts, row: ShareListRow): JsonObject {
  const path = `${url.projectPart}/shares/${row.id}`
  return lower(shareChanges, minor, {
    id: row.id,
    size: row.size,
    availability_zone: row.zone_name,
    created_at: plainStamp(row.created_at),
    status: row.status,
    name: row.name,
    description: row.description,
    project_id: row.project_id,
    snapshot_id: row.snapshot_id,
    share_network_id: row.share_network_id,
    share_proto: row.share_proto,
    metadata: row.metadata,
    share_type: row.share_type_id,
    share_type_name: row.share_type_name,
    volume_type: row.share_type_name,
    is_public: row.is_public === 1,
    links: [
      { rel: 'self', href: `${url.base}/v2${path}` },
      { rel: 'bookmark', href: `${url.base}${path}` },
    ],
    snapshot_support: row.snapshot_support === 1,
    task_state: row.task_state,
    access_rules_status: row.access_rules_status,
    replication_type: row.replication_type,
    has_replicas: row.has_replicas === 1,
    user_id: row.user_id,
    create_share_from_snapshot_support: row.create_share_from_snapshot_support === 1,
    revert_to_snapshot_support: row.revert_to_snapshot_support === 1,
    share_group_id: row.share_group_id,
    source_share_group_snapshot_member_id: row.source_share_group_snapshot_member_id,
    mount_snapshot_support: row.mount_snapshot_support === 1,
    progress: row.progress,
    is_soft_deleted: row.is_soft_deleted === 1,
    scheduled_to_be_deleted_at:
      row.scheduled_to_be_deleted_at === null ? null : plainStamp(row.scheduled_to_be_deleted_at),
    source_backup_id: row.source_backup_id,
    encryption_key_ref: row.encryption_key_ref,
    snapshot_inherit_share_access_support: row.snapshot_inherit_share_access_support === 1,
    ...(minor < 9 ? { __paths: row.paths } : {}),
    ...(hostAdmin ? { share_server_id: row.share_server_id, host: row.host } : {}),
  })
}

const row = fc.record({
  id: text,
  size: fc.integer({ min: 1, max: 3 }),
  project_id: often(),
  user_id: often(),
  name: maybe,
  description: maybe,
  share_proto: often(),
  is_public: flag,
  snapshot_id: maybe,
  share_group_id: maybe,
  source_share_group_snapshot_member_id: maybe,
  source_backup_id: maybe,
  task_state: maybe,
  replication_type: maybe,
  has_replicas: flag,
  snapshot_support: flag,
  create_share_from_snapshot_support: flag,
  revert_to_snapshot_support: flag,
  mount_snapshot_support: flag,
  snapshot_inherit_share_access_support: flag,
  encryption_key_ref: maybe,
  is_soft_deleted: flag,
  scheduled_to_be_deleted_at: fc.option(stamp, { nil: null }),
  created_at: stamp,
  status: often(fc.constantFrom('creating_from_snapshot', 'available', 'constructor')),
  host: often(),
  share_type_id: maybe,
  share_network_id: maybe,
  share_server_id: maybe,
  access_rules_status: often(fc.constantFrom('syncing', 'active')),
  progress: maybe,
  share_type_name: maybe,
  zone_name: maybe,
  metadata: fc.dictionary(text, text, { maxKeys: 3 }),
  paths: fc.array(text, { maxLength: 2 }),
}) as unknown as fc.Arbitrary<ShareListRow>

test('a list writes what JSON makes of each share, whatever the rows before it, at every microversion and for everybody', () => {
  let written = 0
  fc.assert(
    fc.property(fc.array(row, { minLength: 1, maxLength: 6 }), url, fc.boolean(), (rows, at, hostAdmin) => {
      for (let minor = 0; minor <= maxMinor; minor++) {
        const ctx = { minor, identity: {}, policy: { check: () => hostAdmin } } as unknown as Ctx
        const { text: write } = shareRows(ctx, at)
        // Older versions move properties about: there it stays with objects.
        expect(write === undefined, `2.${minor}`).toBe(minor < 9)
        for (const one of rows) {
          const expected = JSON.stringify(plainView(hostAdmin, minor, at, one))
          expect(JSON.stringify(shareView(ctx, at, one))).toBe(expected)
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
