/** Another image in the place of a share's: for reverts, and for what XFS can't do to the one that is there. */
import { randomUUID } from 'node:crypto'
import { readRecord } from '../btrfs/records.ts'
import { isDriverError } from '../../contract/driver.ts'
import { imageIn } from './layout.ts'
import { carryOut } from './plan.ts'
import { lockStep, writeRecordStep } from './pool.ts'
import { ensureShare } from './shares.ts'
import type { Commands } from '../../host/commands.ts'
import type { CreatedShare, ShareRef } from '../../contract/driver.ts'
import type { Step } from './plan.ts'
import type { Pool } from './pool.ts'

/**
 * Puts another image in the place of the share's, made by `steps` in a staging folder, once for each operation. Answers the share
 * as it is then: another file system.
 */
export async function replaceImage(
  commands: Commands,
  pool: Pool,
  share: ShareRef,
  operationId: string,
  steps: (staging: string, uuid: string, liveBytes: number) => readonly Step[],
): Promise<CreatedShare> {
  const { layout } = pool
  const live = layout.share(share.id)
  const staging = layout.staging(share.id, 'replace')
  const record = layout.record(share.id, 'replace')
  const noted = await readRecord(commands, record)
  const { uuid: current, bytes } = await carryOut(commands, [['identify', imageIn(live)]])
  let uuid = noted?.['operation'] === operationId ? noted['uuid'] : undefined
  if (uuid === undefined || (uuid !== current && (await uuidIn(commands, staging)) !== uuid)) {
    uuid = randomUUID()
    await carryOut(commands, [
      lockStep(pool, share.id),
      ['destroy', staging],
      ...steps(staging, uuid, bytes),
      ['sync', layout.root],
      writeRecordStep(record, { operation: operationId, uuid, from: earlier(noted, current) }),
    ])
  }
  if (uuid !== current) {
    await carryOut(commands, [
      lockStep(pool, share.id),
      ['unmount', pool.exports, share.id, imageIn(live)],
      ['exchange', staging, live],
    ])
  }
  return ensureShare(commands, pool, share)
}

/** How many images before the present one a row may still name. */
const remembered = 8

/**
 * The UUIDs that a state from before may name, joined by commas: several copies may take the share's place before anybody who
 * knows of the first keeps what it answered.
 */
function earlier(noted: Readonly<Record<string, string>> | null, current: string): string {
  const before = noted?.['uuid'] === current ? (noted['from'] ?? '').split(',') : []
  return [...before, current]
    .filter((uuid) => uuid !== '')
    .slice(-remembered)
    .join(',')
}

async function uuidIn(commands: Commands, folder: string): Promise<string | null> {
  try {
    return (await carryOut(commands, [['identify', imageIn(folder)]])).uuid
  } catch (error) {
    if (isDriverError(error) && error.reason === 'not-found') return null
    throw error
  }
}
