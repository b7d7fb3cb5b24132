/**
 * A disk whose power can be cut: the pool's file lies on a file system of its own, which keeps what it held at that moment and
 * nothing that came after. What the kernel had not written by then is gone, as it would be.
 */
import { spawnSync } from 'node:child_process'
import { mkdirSync, renameSync } from 'node:fs'
import { join } from 'node:path'
import { scratch } from '../../src/storage/drivers/btrfs/bench.fixture.ts'

export interface PowerSupply {
  /** For the pool. */
  readonly file: string
  /** What is in the file now is what will be there. */
  cut(): void
  /** Once nobody has the file open: it is as it was at the cut. */
  restore(): void
  clean(): void
}

export function powerSupply(): PowerSupply {
  const { dir, clean } = scratch()
  const disk = join(dir, 'disk')
  const [now, then] = [join(disk, 'now'), join(disk, 'then')]
  const image = join(dir, 'disk.img')
  try {
    mkdirSync(disk)
    run('truncate', '--size', '16G', image)
    run('mkfs.btrfs', '--quiet', image)
    run('mount', '-o', 'loop,noatime', image, disk)
    run('btrfs', '--quiet', 'subvolume', 'create', now)
  } catch (error) {
    clean()
    throw error
  }
  return {
    file: join(now, 'pool.img'),
    // In one transaction of that file system; what was flushed before is in it.
    cut: () => run('btrfs', '--quiet', 'subvolume', 'snapshot', now, then),
    restore() {
      const lost = join(disk, 'lost')
      renameSync(now, lost)
      renameSync(then, now)
      run('btrfs', '--quiet', 'subvolume', 'delete', lost)
    },
    clean() {
      // The pool's own device shows a file that has no path any more once this disk is unmounted: nobody would find it.
      const file = join(now, 'pool.img')
      const { stdout } = spawnSync('losetup', ['--noheadings', '--output', 'NAME', '--associated', file], {
        encoding: 'utf8',
      })
      for (const device of stdout.split('\n').filter((line) => line !== ''))
        run('losetup', '--detach', device.trim())
      clean()
    },
  }
}

function run(program: string, ...args: readonly string[]): void {
  const { status, stderr } = spawnSync(program, args, { encoding: 'utf8' })
  if (status !== 0) throw new Error(`${program} ${args.join(' ')}: ${stderr}`)
}
