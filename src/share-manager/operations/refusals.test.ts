/** What is told of a share that no backend takes. */
import { afterEach, expect, it } from 'vitest'
import { StepFailure } from '../../engine/operation.ts'
import { claimPool, type ClaimOptions } from '../../scheduler/ledger.ts'
import { placementRequest } from '../../scheduler/request.ts'
import type { PlacementRequest } from '../../scheduler/types.ts'
import { openBench, type Bench } from '../bench.fixture.ts'

let bench: Bench
afterEach(() => bench.close())

const shareType = { id: 't', name: 't', extraSpecs: {} }

async function refusal(
  wanted: Partial<PlacementRequest>,
  change: Partial<ClaimOptions> = {},
): Promise<StepFailure> {
  const request = placementRequest({ kind: 'create', sizeGib: 1, shareType, ...wanted })
  const options = { upSince: 0, now: 5, last: null, ...change }
  const error: unknown = await bench.store
    .transaction((tx) => claimPool(tx, request, 'owner', options))
    .catch((thrown: unknown) => thrown)
  expect(error).toBeInstanceOf(StepFailure)
  return error as StepFailure
}

it('names a protocol that nobody serves, and says that asking again is no use', async () => {
  bench = await openBench({})
  const capabilities = JSON.stringify({ storage_protocol: 'NFS' })
  await bench.store.db.updateTable('pools').set({ capabilities }).execute()
  const { outcome, cause_ } = await refusal({ shareProto: 'HDFS' })
  expect(outcome).toBe('unwind')
  expect(cause_).toMatchObject({
    code: 'no-valid-host',
    retryable: false,
    detailId: '008',
    unmet: { of: 'all', specs: { storage_protocol: '<in> HDFS' } },
  })
  const { cause_: extend } = await refusal({ kind: 'create', shareProto: 'HDFS' }, { only: 'node@alpha#sim' })
  expect(extend.unmet?.of).toBe('named')
})

it('may be asked again when there is no room, and not without a type', async () => {
  bench = await openBench({})
  const full = await refusal({ sizeGib: 1_000_000, shareProto: 'NFS' })
  expect(full.cause_).toMatchObject({ retryable: true, detailId: '009', unmet: null })
  const typeless = await refusal({ shareType: null, shareProto: 'NFS' })
  expect(typeless.cause_).toMatchObject({ retryable: false, detailId: '024', unmet: null })
})

it('waits for a measurement younger than what is asked, not longer than a backend takes for one, and not where it would not help', async () => {
  bench = await openBench({})
  // A thick pool of 10 GiB that had nothing free when it was measured.
  const capabilities = JSON.stringify({ storage_protocol: 'NFS', thin_provisioning: false })
  const pool = { capabilities, total_gib: 10, free_gib: 0, measured_at: 1000 }
  await bench.store.db.updateTable('pools').set(pool).execute()
  const measured: string[] = []
  const askedAt = (atUs: number) => ({ asked: { atUs, measure: (id: string) => void measured.push(id) } })
  const outcome = async (sizeGib: number, atUs: number, now: number) =>
    (await refusal({ sizeGib, shareProto: 'NFS' }, { ...askedAt(atUs), now })).outcome
  expect(await outcome(4, 2000, 3000)).toBe('wait')
  expect(measured).toEqual([bench.backend.id])
  // Measured since; the backend does not answer; more than the pool could ever hold.
  expect(await outcome(4, 1000, 3000)).toBe('unwind')
  expect(await outcome(4, 2000, 20_000_000)).toBe('unwind')
  expect(await outcome(11, 2000, 3000)).toBe('unwind')
  expect(measured).toHaveLength(1)
})
