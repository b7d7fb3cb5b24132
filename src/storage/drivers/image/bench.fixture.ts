/** What the tests of this driver with real parts share, beside those of the pool it lies in. */
import { spawnSync } from 'node:child_process'
import { readFileSync, readdirSync } from 'node:fs'
import { cannotRun as noPool, complete, scratch } from '../btrfs/bench.fixture.ts'
import { driver as image } from './index.ts'
import type { ImageOptions } from './config.ts'

export { call, scratch, shareRef, snapshotRef } from '../btrfs/bench.fixture.ts'

/** Why tests with real parts can't run here; null when they can. */
export const cannotRun: string | null = noPool ?? missing(['mkfs.xfs', 'xfs_db'])

function missing(programs: readonly string[]): string | null {
  const env = { PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin' }
  const absent = programs.filter((name) => spawnSync('which', [name], { env }).status !== 0)
  return absent.length === 0 ? null : `not installed: ${absent.join(', ')}`
}

/** Options of a driver, with every default. */
export const optionsOf = (given: Partial<ImageOptions>): ImageOptions => complete(image.options, given)

export type Bench = ReturnType<typeof scratch>

/** Loop devices whose file lies below `dir`, by file. */
export function loopsBelow(dir: string): readonly string[] {
  return readdirSync('/sys/block').flatMap((name) => {
    try {
      const file = readFileSync(`/sys/block/${name}/loop/backing_file`, 'utf8').trim()
      return file.startsWith(`${dir}/`) ? [file] : []
    } catch {
      return []
    }
  })
}
