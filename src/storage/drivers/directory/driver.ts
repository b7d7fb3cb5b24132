/**
 * Shares as plain directories, for hosts that offer nothing better: no privileges, any file system.
 *
 * It promises the core of the contract and honesty: the size is reported as not enforced, and how full a share is as
 * unknown, because only a walk could tell. It has no abilities, so nobody is offered a shrink or a snapshot it can't keep.
 */
import { join } from 'node:path'
import { attempt, checkPool, commandsOf, isAbsent } from '../../host/commands.ts'
import { DriverError } from '../../contract/driver.ts'
import { namesIn, withRemains } from '../../host/remains.ts'
import { exposedIn } from './exposes.ts'
import type { Commands } from '../../host/commands.ts'
import type { CallContext, CreatedShare, Parts, ShareRef, StorageDriver } from '../../contract/driver.ts'
import type { DirectoryOptions } from './config.ts'

const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/
const gib = 1024 ** 3

/** Builds the driver; nothing is touched before `setup`. */
export function directoryDriver(options: DirectoryOptions, parts: Parts): StorageDriver {
  const root = options.path ?? join(parts.dir, 'shares')
  const trash = join(root, '.trash')

  const run = <T>(call: CallContext, what: string, work: (commands: Commands) => Promise<T>, full = false) =>
    attempt(what, () => work(commandsOf(parts.exec, call)), full ? { fullMeans: 'no-room-here' } : {})

  /** Null: nothing is there. Throws when something else than a directory is: nothing of it is followed or served. */
  async function pathOf(commands: Commands, id: string): Promise<string | null> {
    const path = join(root, checkedId(id))
    try {
      const { stdout } = await commands.look(['stat', '--format', '%F', '--', path])
      if (stdout.trim() === 'directory') return path
    } catch (error) {
      if (isAbsent(error)) return null
      throw error
    }
    throw new DriverError(`${path} is not a directory`, 'nothing-happened', { reason: 'not-found' })
  }

  async function find(commands: Commands, share: ShareRef): Promise<CreatedShare> {
    const path = await pathOf(commands, share.id)
    if (path !== null) return { state: share.state, tree: { path, readOnly: false } }
    throw new DriverError(`share instance ${share.id} is not in ${root}`, 'nothing-happened', {
      reason: 'not-found',
    })
  }

  return {
    name: 'directory',
    reach: 'host',

    exposes: (call) =>
      run(call, `looking at what lies beside the shares in ${root}`, (commands) => exposedIn(commands, root)),

    setup: (call) =>
      run(call, `setting up ${root}`, async (commands) => {
        await commands.change(['mkdir', '-p', '--', trash])
        await commands.look(['test', '-w', root])
      }),
    stop: async () => undefined,

    pools: (call) =>
      run(call, `reading the capacity of ${root}`, async (commands) => {
        const argv = ['stat', '--file-system', '--format', '%S %b %a', '--', root]
        const { stdout } = await commands.look(argv)
        const [unit = 0, blocks = 0, available = 0] = stdout.trim().split(' ').map(Number)
        return [
          {
            name: options.pool_name,
            totalGib: (unit * blocks) / gib,
            freeGib: (unit * available) / gib,
            thin: true,
            extra: { quota_enforced: false },
          },
        ]
      }),

    create: (call, share) =>
      run(
        call,
        `creating share instance ${share.id}`,
        async (commands) => {
          checkPool(share.pool, options.pool_name)
          // The mode is set as it is made: a share that is there keeps what its owner gave it, and nothing in the way is followed.
          if ((await pathOf(commands, share.id)) === null)
            await commands.change(['mkdir', '-m', options.share_mode, '--', join(root, share.id)])
          return find(commands, share)
        },
        true,
      ),

    delete: (call, share) =>
      run(call, `deleting share instance ${share.id}`, async (commands) => {
        const path = await pathOf(commands, share.id)
        const discarded = join(trash, share.id)
        // First what an earlier call left, or the rename would have no place to go.
        await commands.change(['rm', '-rf', '--one-file-system', '--', discarded])
        if (path === null) return
        await commands.change(['mv', '-T', '--', path, discarded])
        await commands.change(['rm', '-rf', '--one-file-system', '--', discarded])
      }),

    extend: (call, share) =>
      run(call, `extending share instance ${share.id}`, async (commands) => {
        await find(commands, share)
      }),
    ensure: (call, share) =>
      run(call, `finding share instance ${share.id}`, (commands) => find(commands, share)),
    inventory: (call) =>
      run(call, `listing ${root}`, async (commands) => {
        const { stdout } = await commands.look(['ls', '--', root], { maxOutputBytes: 64 * 1024 * 1024 })
        const shares = stdout.split('\n').filter((name) => uuid.test(name))
        return withRemains({ shares, snapshots: [] }, await namesIn(commands, [trash]))
      }),

    measures: {
      measure: async (_call, shares) =>
        shares.map(({ id }) => ({
          id,
          usedBytes: null,
          referencedBytes: null,
          exclusiveBytes: null,
          reason: 'a plain directory has no counters, and walking it is refused',
          method: 'walk-refused',
          measuredAtUs: parts.now(),
        })),
    },
  }
}

function checkedId(id: string): string {
  if (uuid.test(id)) return id
  throw new DriverError(`not an instance id: ${JSON.stringify(id.slice(0, 64))}`, 'nothing-happened')
}
