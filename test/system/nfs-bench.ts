/** What the NFS tests share: a small pool of some driver behind a private NFS-Ganesha, and shares published from it. */
import { randomUUID } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import {
  cannotRun,
  call,
  complete,
  scratch,
  shareRef,
} from '../../src/storage/drivers/btrfs/bench.fixture.ts'
import { loadDriver } from '../../src/storage/drivers/index.ts'
import { hasProgram } from '../../tools/programs/packages.ts'
import { exporter as ganesha } from '../../src/storage/exporters/ganesha/index.ts'
import type {
  ExportRef,
  ExportRule,
  ShareRef,
  StorageDriver,
  Tree,
} from '../../src/storage/contract/driver.ts'
import type { GaneshaExporter } from '../../src/storage/exporters/ganesha/index.ts'
import { pidIn } from '../../src/storage/exporters/ganesha/pid.fixture.ts'

export interface Published {
  readonly share: ShareRef
  readonly exported: ExportRef
  /** As a client names it: `/id`. */
  readonly path: string
}

export type Rules = Readonly<Record<string, 'rw' | 'ro'>>

/** Drivers whose trees NFS-Ganesha exports from this kernel. */
export type Pool = 'image' | 'btrfs'
export const pools: readonly Pool[] = ['image', 'btrfs']

/** Why a pool can't be made here; null when it can. */
export const obstacleOf = (pool: Pool): string | null =>
  cannotRun ?? (pool === 'image' && !hasProgram('mkfs.xfs') ? 'not installed: mkfs.xfs' : null)

export interface BenchOptions {
  /** Of the pool; 8 when left out. */
  readonly sizeGib?: number
  readonly driverOptions?: object
  readonly exporterOptions?: object
}

export interface NfsBench {
  readonly pool: Pool
  readonly dir: string
  readonly driver: StorageDriver
  readonly exporter: GaneshaExporter
  readonly port: number
  /** Kills the server, as the kernel would when memory runs out; settles when it is gone. */
  kill(): Promise<void>
  /** A share of `sizeGib` for the clients in `rules`. */
  publish(rules: Rules, sizeGib?: number): Promise<Published>
  /** A share that is there already, under its id. */
  publishTree(share: ShareRef, tree: Tree | null, rules: Rules): Promise<Published>
  allow(of: Published, rules: Rules): Promise<void>
  remove(of: Published): Promise<void>
  /** Another NFS server over nothing, with options of its own. */
  anotherServer(options: object): Promise<Pick<NfsBench, 'exporter' | 'kill'>>
  clean(): void
}

export async function nfsBench(pool: Pool, options: BenchOptions = {}): Promise<NfsBench> {
  const { dir, parts, clean } = scratch()
  try {
    // Tests say themselves when a pool is to run full.
    const own = { ...parts('nfs'), overSubscription: 1000 }
    const { sizeGib: poolGib = 8, driverOptions, exporterOptions } = options
    const factory = await loadDriver(pool, dir)
    const place = { loop_file: join(dir, 'pool.img'), size_gib: poolGib, pool_name: 'pool' }
    const storage = { ...place, ...driverOptions }
    const driver = factory.create(complete(factory.options, storage), own)
    const beside = { ...own, storage: driver }
    const serving = { port: 0, ...exporterOptions }
    const exporter = ganesha.create(complete(ganesha.options, serving), beside) as GaneshaExporter
    await driver.setup(call())
    await exporter.setup(call())
    const bench: NfsBench = {
      pool,
      dir,
      driver,
      exporter,
      port: exporter.port() ?? 0,
      kill: () => killServer(own.dir),
      async publish(rules, sizeGib = 1) {
        const ref = shareRef(randomUUID(), { sizeGib, pool: 'pool' })
        const { state, tree } = await driver.create(call(), ref)
        return await bench.publishTree({ ...ref, state }, tree, rules)
      },
      async publishTree(share, tree, rules) {
        const { id, projectId, state } = share
        const exported = { id, protocol: 'NFS', projectId, state, tree, name: id }
        const published = { share, exported, path: `/${id}` }
        await exporter.publish(call(), exported)
        await bench.allow(published, rules)
        return published
      },
      async allow({ exported }, rules) {
        const full = Object.entries(rules).map(([to, level]): ExportRule => ({
          id: `rule for ${to}`,
          type: 'ip',
          to,
          level,
        }))
        const outcomes = await exporter.applyRules(call(), exported, full)
        const refused = outcomes.find(({ state }) => state !== 'active')
        if (refused !== undefined) throw new Error(`${refused.id} was refused: ${refused.why}`)
      },
      async remove({ share, exported }) {
        await exporter.unpublish(call(), exported)
        await driver.delete(call(), share)
      },
      async anotherServer(options) {
        const mine = parts(randomUUID())
        const settings = complete(ganesha.options, { port: 0, ...options })
        const another = ganesha.create(settings, mine) as GaneshaExporter
        await another.setup(call())
        return { exporter: another, kill: () => killServer(mine.dir) }
      },
      clean,
    }
    return bench
  } catch (error) {
    clean()
    throw error
  }
}

async function killServer(dir: string): Promise<void> {
  const pid = pidIn(join(dir, 'ganesha'))
  process.kill(pid, 'SIGKILL')
  // A process that is ending still has its command line for a moment, and an exporter asked then would adopt it.
  while (commandLine(pid) !== '') await sleep(5)
}

function commandLine(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8')
  } catch {
    return ''
  }
}
