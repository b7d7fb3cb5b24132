import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { listAuditEvents } from '../db/store/audit-events.ts'
import { changes } from './audited.ts'
import { testWorld, type TestWorld } from './bench.fixture.ts'
import { verbs } from './verbs.ts'

let world: TestWorld
beforeEach(() => {
  world = testWorld()
})
afterEach(() => world.end())

const rows = () =>
  world.inStore(({ db }) =>
    listAuditEvents(db, {}, { limit: 100, marker: null, descending: false, back: false }),
  )

test('what is changed at the host is in the trail, what is refused too, what is looked at is not', async () => {
  const secret = world.file('password', 'marked-password-1')
  expect((await world.run('bootstrap', '--password-file', secret)).code).toBe(0)
  const env = { SUDO_USER: 'ann' }
  const made = await world.runWith(
    { env },
    'user',
    'create',
    'bob',
    '--project',
    'p',
    '--role',
    'member',
    '--password-file',
    secret,
  )
  expect([made.code, made.err]).toEqual([0, ''])
  expect((await world.run('user', 'password', 'nobody', '--password-file', secret)).code).toBe(1)
  expect((await world.run('db', 'version')).code).toBe(0)
  expect((await world.run('quota', 'recount')).code).toBe(0)
  expect((await world.run('quota', 'recount', '--fix')).code).toBe(0)
  const all = await rows()
  expect(
    all.map(({ operation, action, outcome, reason, targetId }) => [
      operation,
      action,
      outcome,
      reason,
      targetId,
    ]),
  ).toEqual([
    ['manila-manage bootstrap', 'create', 'success', 0, ''],
    ['manila-manage user create', 'create', 'success', 0, 'bob'],
    ['manila-manage user password', 'update', 'failure', 1, 'nobody'],
    ['manila-manage quota recount', 'update', 'success', 0, ''],
  ])
  expect(all[1]).toMatchObject({
    method: 'host',
    agent: 'sudo by ann',
    observer: 'manila-manage@node',
    targetType: 'user',
  })
  expect(all[1]?.userId).toBe(`os:${process.getuid?.()}`)
  expect(JSON.stringify(all)).not.toContain('marked')
})

test('a file that the service has made gets its line, none is made for it', async () => {
  const file = join(world.dir, 'audit.log')
  world.configure({ audit: { log_file: file } })
  expect((await world.run('db', 'sync')).code).toBe(0)
  expect(existsSync(file)).toBe(false)
  writeFileSync(file, '')
  expect((await world.run('db', 'sync')).code).toBe(0)
  expect(JSON.parse(readFileSync(file, 'utf8'))).toMatchObject({
    operation: 'manila-manage db sync',
    outcome: 'success',
  })
})

test('with the trail off nothing is written', async () => {
  world.configure({ audit: { enabled: false } })
  expect((await world.run('db', 'sync')).code).toBe(0)
  expect(await rows()).toEqual([])
})

test('a verb that nobody thought of counts as one that changes', () => {
  const audited = verbs.filter((verb) =>
    changes(verb, { format: 'table', apply: true, fix: true, yes: true }),
  )
  expect(audited.map(({ name }) => name).toSorted()).toEqual(
    [
      'bootstrap',
      'bus dead-letters drop',
      'bus dead-letters requeue',
      'capacity recount',
      'db grants',
      'db purge',
      'db sync',
      'identity bootstrap',
      'identity domain create',
      'identity domain delete',
      'identity domain set',
      'identity group add user',
      'identity group create',
      'identity group delete',
      'identity group remove user',
      'identity group set',
      'identity implied role create',
      'identity implied role delete',
      'identity import',
      'identity project create',
      'identity project delete',
      'identity project set',
      'identity recover',
      'identity role add',
      'identity role create',
      'identity role delete',
      'identity role remove',
      'identity role set',
      'identity rotate-keys',
      'identity user create',
      'identity user delete',
      'identity user set',
      'quota recount',
      'service cleanup',
      'service drain',
      'service undrain',
      'share move',
      'share update-host',
      'storage audit',
      'user create',
      'user password',
    ].toSorted(),
  )
  const timid = audited.filter((verb) => !changes(verb, { format: 'table' })).map(({ name }) => name)
  expect(timid.toSorted()).toEqual([
    'capacity recount',
    'db grants',
    'identity domain delete',
    'identity group delete',
    'identity import',
    'identity project delete',
    'identity role delete',
    'identity user delete',
    'quota recount',
    'share move',
    'share update-host',
    'storage audit',
  ])
})
