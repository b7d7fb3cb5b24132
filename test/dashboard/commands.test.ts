/** The commands that forms offer for copying do what the forms do: pasted into a shell, with the real program, against the service. */
import { execFile } from 'node:child_process'
import { mkdirSync, symlinkSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { accessCommands } from '../../dashboard/pages/access-rules/commands.ts'
import { lockCommands } from '../../dashboard/pages/locks/commands.ts'
import { poolCommands } from '../../dashboard/pages/pools/commands.ts'
import { quotaCommands } from '../../dashboard/pages/quotas/commands.ts'
import { serviceCommands } from '../../dashboard/pages/services/commands.ts'
import { shareCommands } from '../../dashboard/pages/shares/commands.ts'
import { blankShare } from '../../dashboard/pages/shares/new-share.ts'
import { snapshotCommands } from '../../dashboard/pages/snapshots/commands.ts'
import { typeCommands } from '../../dashboard/pages/types/commands.ts'
import { placementCommands } from '../../dashboard/pages/why-not/commands.ts'
import { inTurn } from '../../dashboard/ui/manila.ts'
import type { Client } from '../../src/sdk/client.ts'
import { listAccessRules } from '../../src/wire/access-rules/schema.ts'
import { showQuotaSet } from '../../src/wire/quotas/schema.ts'
import { listLocks } from '../../src/wire/resource-locks/schema.ts'
import { listServices } from '../../src/wire/services/schema.ts'
import { listShareTypes } from '../../src/wire/share-types/schema.ts'
import { listSharesDetail, showShare } from '../../src/wire/shares/schema.ts'
import { listSnapshotsDetail } from '../../src/wire/snapshots/schema.ts'
import { names, until } from './stock.ts'
import { startWorld, type World } from './world.ts'

let world: World
let client: Client
/** What somebody pastes; answers what it printed, and throws what it said where it failed. */
let paste: (text: string) => Promise<string>

beforeAll(async () => {
  world = await startWorld()
  client = await world.client(world.admin)
  const bin = join(world.dir, 'bin')
  mkdirSync(bin)
  symlinkSync(join(import.meta.dirname, '../../src/bin/manila.mjs'), join(bin, 'manila'))
  const { name, password, project } = world.admin
  const env = {
    PATH: `${bin}:${dirname(process.execPath)}:/usr/bin:/bin`,
    HOME: world.dir,
    OS_AUTH_URL: `${world.api}/identity/v3`,
    OS_USERNAME: name,
    OS_PASSWORD: password,
    OS_PROJECT_NAME: project,
    OS_USER_DOMAIN_NAME: 'Default',
    OS_PROJECT_DOMAIN_NAME: 'Default',
  }
  paste = (text) =>
    new Promise((resolve, reject) => {
      // What can't be typed needs quotes that Debian's `sh` does not know.
      const shell = text.includes("$'") ? '/bin/bash' : '/bin/sh'
      execFile(shell, ['-ec', text], { env, cwd: world.dir }, (error, out, err) => {
        if (error === null) resolve(out)
        else reject(new Error(`${text}\n${out}${err}`))
      })
    })
})
afterAll(() => world?.[Symbol.asyncDispose]())

const shareNamed = async (name: string) =>
  (await client.call(listSharesDetail, { query: { name } })).shares.find((one) => one.name === name)

it.concurrent('of a share: made, changed, let in, grown, reset, thrown away and fetched back', async () => {
  await paste(
    shareCommands.create({
      ...blankShare,
      name: names.shell,
      description: `-x ${names.rightToLeft}`,
      metadata: [{ row: '', key: 'who', value: '--debug a=b' }],
    }),
  )
  const made = await shareNamed(names.shell)
  expect(made).toMatchObject({
    status: 'available',
    size: 1,
    description: `-x ${names.rightToLeft}`,
    metadata: { who: '--debug a=b' },
  })
  const id = made?.id ?? ''
  await paste(
    inTurn(
      shareCommands.edit(id, { name: '--help', description: '', isPublic: true }),
      shareCommands.metadata(id, { team: names.emoji }, ['who']),
      accessCommands.allow(id, {
        type: 'ip',
        targets: [
          { to: '10.0.0.0/24', level: 'ro' },
          { to: '10.1.0.1', level: 'rw' },
        ],
        metadata: { 'on call': names.shell },
        hide: false,
        lockDeletion: true,
        reason: '-',
      }),
    ),
  )
  await paste(
    shareCommands.deed('extend-by', [{ id, size: 1 }], { by: 2, rule: { type: '', to: '', level: '' } }),
  )
  const { share } = await until('it has grown', async () => {
    const answer = await client.call(showShare, { params: { id } })
    return answer.share.status === 'available' && answer.share.size === 3 ? answer : null
  })
  expect(share).toMatchObject({
    name: '--help',
    description: '',
    is_public: true,
    metadata: { team: names.emoji },
  })
  const { access_list: rules } = await client.call(listAccessRules, { query: { share_id: id } })
  const ordered = rules.toSorted((one, other) => one.access_to.localeCompare(other.access_to))
  expect(ordered.map((rule) => [rule.access_to, rule.access_level, rule.metadata])).toEqual([
    ['10.0.0.0/24', 'ro', { 'on call': names.shell }],
    ['10.1.0.1', 'rw', { 'on call': names.shell }],
  ])
  await paste(
    accessCommands.deny(
      id,
      rules.map((rule) => ({ id: rule.id, isLocked: true })),
    ),
  )
  await until('nobody is let in', async () =>
    (await client.call(listAccessRules, { query: { share_id: id } })).access_list.length === 0 ? true : null,
  )
  await paste(shareCommands.resetStatus(id, 'error'))
  expect((await client.call(showShare, { params: { id } })).share.status).toBe('error')
  const one = [{ id, size: 3 }]
  const words = { by: 1, rule: { type: 'ip', to: '', level: 'rw' } }
  await paste(
    inTurn(shareCommands.resetStatus(id, 'available'), shareCommands.deed('soft-delete', one, words)),
  )
  expect((await client.call(showShare, { params: { id } })).share.is_soft_deleted).toBe(true)
  await paste(shareCommands.deed('restore', one, words))
  expect((await client.call(showShare, { params: { id } })).share.is_soft_deleted).toBe(false)
  await paste(shareCommands.deed('force-delete', one, words))
  await until('it is gone', async () => ((await shareNamed('--help')) === undefined ? true : null))
})

it.concurrent('of a snapshot, a lock: made, changed, gone back to, taken away', async () => {
  await paste(shareCommands.create({ ...blankShare, name: 'under' }))
  const share = (await shareNamed('under'))?.id ?? ''
  await paste(
    snapshotCommands.create({ share, name: names.rightToLeft, description: '-d', metadata: { a: '-1' } }),
  )
  const snapshot = await until('it rests', async () => {
    const [found] = (await client.call(listSnapshotsDetail, { query: { share_id: share } })).snapshots
    return found?.status === 'available' ? found : null
  })
  expect(snapshot).toMatchObject({ name: names.rightToLeft, description: '-d', metadata: { a: '-1' } })
  await paste(
    inTurn(
      snapshotCommands.rename(snapshot.id, { name: '--', description: undefined }),
      snapshotCommands.properties(snapshot.id, { b: '2' }, ['a']),
      shareCommands.revert(snapshot.id),
      lockCommands.create({ id: share, type: 'share', action: 'delete', reason: names.shell }),
    ),
  )
  const [now] = (await client.call(listSnapshotsDetail, { query: { share_id: share } })).snapshots
  expect(now).toMatchObject({ name: '--', description: '-d', metadata: { b: '2' } })
  const [lock] = (await client.call(listLocks, { query: { resource_id: share } })).resource_locks
  expect(lock).toMatchObject({ lock_reason: names.shell, resource_action: 'delete' })
  await paste(inTurn(lockCommands.edit(lock?.id ?? '', '', undefined), lockCommands.remove([lock?.id ?? ''])))
  expect((await client.call(listLocks, { query: { resource_id: share } })).resource_locks).toEqual([])
  await paste(snapshotCommands.remove([snapshot.id]))
  await until('it is gone', async () =>
    (await client.call(listSnapshotsDetail, { query: { share_id: share } })).snapshots.length === 0
      ? true
      : null,
  )
})

it.concurrent('of a type, a quota', async () => {
  const typeNamed = async (name: string) =>
    (await client.call(listShareTypes, { query: { is_public: 'all' } })).share_types.find(
      (one) => one.name === name,
    )
  await paste(
    typeCommands.create({
      name: '-rf $HOME',
      description: '',
      isPublic: false,
      servers: 'False',
      specs: { snapshot_support: 'True', 'tier:it': '-1' },
    }),
  )
  const type = await typeNamed('-rf $HOME')
  expect(type).toMatchObject({
    'share_type_access:is_public': false,
    extra_specs: { driver_handles_share_servers: 'False', snapshot_support: 'True', 'tier:it': '-1' },
  })
  const { id = '' } = type ?? {}
  const project = client.tokens.session?.projectId ?? ''
  await paste(
    inTurn(
      typeCommands.edit(id, {
        name: 'gold',
        description: names.emoji,
        isPublic: undefined,
        write: { more: 'x' },
        remove: ['tier:it'],
      }),
      typeCommands.allow(id, project),
      quotaCommands.set({ project, type: id }, { shares: 4 }, false),
      quotaCommands.set({ project }, { snapshots: -1 }, false),
    ),
  )
  expect(await typeNamed('gold')).toMatchObject({
    description: names.emoji,
    extra_specs: { driver_handles_share_servers: 'False', snapshot_support: 'True', more: 'x' },
  })
  const quota = async (query: { share_type?: string }) =>
    (await client.call(showQuotaSet, { params: { id: project }, query })).quota_set
  expect([(await quota({ share_type: id })).shares, (await quota({})).snapshots]).toEqual([4, -1])
  await paste(
    inTurn(
      quotaCommands.reset({ project, type: id }),
      quotaCommands.reset({ project }),
      typeCommands.remove(id),
    ),
  )
  expect((await quota({})).snapshots).not.toBe(-1)
  expect(await typeNamed('gold')).toBeUndefined()
})

it('of a service, a pool', async () => {
  const backend = async () =>
    (await client.call(listServices, { query: { binary: 'manila-share' } })).services[0]
  const { host = '', binary = '' } = (await backend()) ?? {}
  await paste(serviceCommands.disable(host, binary, names.shell))
  expect(await backend()).toMatchObject({ status: 'disabled', disabled_reason: names.shell })
  await paste(serviceCommands.enable(host, binary))
  expect(await backend()).toMatchObject({ status: 'enabled' })

  const pools = await paste(`${poolCommands.show(`${host}#fast`)} -f value -c Name`)
  expect(pools.trim().split('\n')).toEqual([`${host}#fast`])
  expect(await paste(placementCommands.ask({ size: 1, share_proto: 'NFS' }))).toContain('#fast')
})
