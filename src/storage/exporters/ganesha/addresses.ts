/**
 * Which project's server listens on which address of the pool. Assignments are files of the backend's directory, so that all
 * processes of the host agree and a restart changes nothing: a client's mount names the address.
 */
import { join } from 'node:path'
import { DriverError } from '../../contract/driver.ts'
import { writeFile } from '../../host/write-file.ts'
import type { Commands } from '../../host/commands.ts'

export interface Addresses {
  prepare(commands: Commands): Promise<void>
  /** Project folders with the address of each. */
  all(commands: Commands): Promise<ReadonlyMap<string, string>>
  /**
   * The address of the project, assigned if it has none; under a lock of all projects. Throws `no-room-here` when other
   * projects have them all.
   */
  take(commands: Commands, folder: string): Promise<string>
  /** Whoever comes next may have it, after those that were free for longer: old clients still ask for it. */
  release(commands: Commands, folder: string): Promise<void>
}

/** Files below `dir`; `pool` in the order of preference. */
export function addressesIn(dir: string, pool: readonly string[], now: () => number): Addresses {
  const taken = join(dir, 'taken')
  const released = join(dir, 'released')

  /** One short line a file. */
  async function lines(commands: Commands, folder: string): Promise<ReadonlyMap<string, string>> {
    const argv = ['grep', '--recursive', '--max-count=1', '--exclude=*.new', '', '--', folder]
    const { stdout } = await commands.look(argv, { okCodes: [0, 1], maxOutputBytes: 16 * 1024 * 1024 })
    const entries = stdout.split('\n').flatMap((line) => {
      const entry = line.startsWith(`${folder}/`) ? line.slice(folder.length + 1) : ''
      const at = entry.indexOf(':')
      return at < 1 ? [] : [[entry.slice(0, at), entry.slice(at + 1)] as const]
    })
    return new Map(entries)
  }

  const all = (commands: Commands) => lines(commands, taken)

  return {
    all,
    async prepare(commands) {
      await commands.change(['mkdir', '-p', '-m', '0700', '--', taken, released])
    },

    async take(commands, folder) {
      const assigned = await all(commands)
      const mine = assigned.get(folder)
      if (mine !== undefined && pool.includes(mine)) return mine
      const others = new Set(assigned.values())
      const freeSince = await lines(commands, released)
      const since = (address: string) => Number(freeSince.get(fileName(address)) ?? 0)
      const [next] = pool
        .filter((address) => !others.has(address))
        .toSorted((one, other) => since(one) - since(other))
      if (next === undefined)
        throw new DriverError(
          `all ${pool.length} addresses have a project; give the option addresses more of them`,
          'no-room-here',
        )
      await writeFile(commands, join(taken, folder), `${next}\n`)
      return next
    },

    async release(commands, folder) {
      const mine = (await all(commands)).get(folder)
      if (mine === undefined) return
      await writeFile(commands, join(released, fileName(mine)), `${now()}\n`)
      await commands.change(['rm', '-f', '--', join(taken, folder)])
    },
  }
}

/** A colon would look like the end of the name in a listing. */
const fileName = (address: string): string => address.replaceAll(':', '_')
