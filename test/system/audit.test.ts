/** A service that is killed while it makes changes: none of them is without its event, and no event is without its change. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { openStore } from '../../src/db/open.ts'
import { createShare, listShares } from '../../src/wire/shares/schema.ts'
import { placeOf } from '../helpers/place.ts'
import { startServiceProcess } from '../helpers/service-process.ts'

const dir = mkdtempSync(join(tmpdir(), 'audit-kill-'))
afterAll(() => rmSync(dir, { recursive: true, force: true }))

test('killed at any moment, a change and its event are both there or neither is', async () => {
  const options = {
    dir,
    kind: 'sim',
    settings: { backends: { alpha: { driver: 'sim', exporter: 'sim', trusted_clients: true } } },
  } as const
  const answered: string[] = []
  for (let round = 0; round < 3; round++) {
    const service = await startServiceProcess({ ...options, brief: true })
    const client = await service.connect('manila-demo')
    await client.call(listShares, { query: {} })
    let killed = false
    const lane = async (): Promise<void> => {
      while (!killed) {
        const body = { share: { size: 1, share_proto: 'NFS' as const } }
        const reply = await client.call(createShare, { body }).catch(() => null)
        if (reply !== null) answered.push(reply.share.id)
        if (answered.length >= (round + 1) * 8 + round * 3 && !killed) {
          killed = true
          await service.kill()
        }
      }
    }
    await Promise.all([lane(), lane(), lane()])
  }
  const store = await openStore((await placeOf(dir)).database)
  const shares = (await store.db.selectFrom('shares').select('id').execute()).map(({ id }) => id)
  const gone = (
    await store.db.selectFrom('tombstones').select('id').where('resource_type', '=', 'share').execute()
  ).map(({ id }) => id)
  const rows = await store.db
    .selectFrom('audit_events')
    .select(['target_id', 'outcome'])
    .where('operation', '=', 'POST /v2/shares')
    .where('outcome', '!=', 'failure')
    .execute()
  await store.close()
  const events = rows.map((row) => row.target_id)
  expect(answered.length).toBeGreaterThan(20)
  expect(answered.filter((id) => !events.includes(id))).toEqual([])
  expect([...shares, ...gone].filter((id) => !events.includes(id))).toEqual([])
  expect(events.filter((id) => !shares.includes(id) && !gone.includes(id))).toEqual([])
})
