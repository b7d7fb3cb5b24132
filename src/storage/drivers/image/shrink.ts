/** Smaller shares. XFS can't shrink, so the content is copied into a smaller image while nobody is served. */
import { randomUUID } from 'node:crypto'
import { DriverError, isDriverError } from '../../contract/driver.ts'
import { imageIn } from './layout.ts'
import { usedIn } from './measure.ts'
import { carryOut } from './plan.ts'
import { lockStep, roomStep } from './pool.ts'
import { replaceImage } from './replace.ts'
import { ensureShare } from './shares.ts'
import { copyBytes, format, gib, imageBytes } from './size.ts'
import type { Commands } from '../../host/commands.ts'
import type { ShareRef } from '../../contract/driver.ts'
import type { Pool } from './pool.ts'

/**
 * Throws `shrink-would-lose-data` when the share holds more than `newSizeGib`. Answers how many bytes it
 * holds. Nobody is cut off for it.
 */
export async function checkShrink(
  commands: Commands,
  pool: Pool,
  share: ShareRef,
  newSizeGib: number,
): Promise<number> {
  await ensureShare(commands, pool, share)
  const used = (await usedIn(commands, pool, new Set([share.id]))).get(share.id)
  if (used === undefined)
    throw new DriverError(`share instance ${share.id} can't be measured`, 'nothing-happened', {
      retryAfterS: 5,
    })
  if (used > newSizeGib * gib) throw wouldLoseData(share, newSizeGib)
  return used
}

/**
 * Copies the content into a smaller image, which takes the place of the share's: XFS can't shrink. The share must not be exported.
 * A copy that was made and did not take the place is never used again, because clients may have written since.
 */
export async function shrinkShare(
  commands: Commands,
  pool: Pool,
  share: ShareRef,
  newSizeGib: number,
): Promise<void> {
  const image = imageIn(pool.layout.share(share.id))
  const smaller = { ...share, sizeGib: newSizeGib }
  const { bytes } = await carryOut(commands, [['identify', image]])
  if (bytes <= imageBytes(newSizeGib)) {
    await ensureShare(commands, pool, smaller)
    return
  }
  const used = await checkShrink(commands, pool, smaller, newSizeGib)
  try {
    await replaceImage(commands, pool, smaller, randomUUID(), (staging, uuid) => [
      ['unmount', pool.exports, share.id, image],
      roomStep(pool, used + copyBytes),
      ['subvolume', staging],
      ['format', imageIn(staging), String(imageBytes(newSizeGib)), uuid, ...format],
      ['copy', image, imageIn(staging), pool.aside],
    ])
  } catch (error) {
    if (!isDriverError(error) || error.outcome === 'maybe-happened') throw error
    await carryOut(commands, [
      lockStep(pool, share.id),
      ['destroy', pool.layout.staging(share.id, 'replace')],
    ])
    await ensureShare(commands, pool, { ...share, state: {} })
    throw error.reason === 'shrink-would-lose-data' ? wouldLoseData(share, newSizeGib, error) : error
  }
}

function wouldLoseData(share: ShareRef, newSizeGib: number, cause?: unknown): DriverError {
  return new DriverError(`share instance ${share.id} holds more than ${newSizeGib} GiB`, 'nothing-happened', {
    cause,
    reason: 'shrink-would-lose-data',
  })
}
