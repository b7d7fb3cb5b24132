import {
  chmodSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeEach, describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { AuthManager } from '../../src/auth/manager.ts'
import type { Store } from '../../src/db/open.ts'
import { openTestStore } from '../../src/db/store.fixture.ts'
import { systemClock } from '../../src/runtime/clock.ts'
import { ensureAccounts, knownPassword } from './accounts.ts'

test('clouds.yaml is its owner’s alone, also where another file stood, and keeps its passwords', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'accounts-'))
  const umask = process.umask(0)
  const store = await openTestStore()
  try {
    const auth = await AuthManager.open({ store, clock: systemClock(), keyFile: join(dir, 'token-key.json') })
    const write = () => ensureAccounts(auth, dir, 'http://127.0.0.1:1', { link: false })
    const file = await write()
    const passwords = () =>
      Object.values(
        (parse(readFileSync(file, 'utf8')) as { clouds: Record<string, { auth: { password: string } }> })
          .clouds,
      ).map(({ auth: { password } }) => password)
    const first = passwords()
    expect(first).toHaveLength(2)
    for (const mode of [0o600, 0o644, 0o666]) {
      chmodSync(file, mode)
      await write()
      expect((statSync(file).mode & 0o777).toString(8)).toBe('600')
      expect(passwords()).toEqual(first)
    }
    // A link is not written through.
    const elsewhere = join(dir, 'elsewhere')
    writeFileSync(elsewhere, '{}', { mode: 0o644 })
    rmSync(file)
    symlinkSync(elsewhere, file)
    await write()
    expect([readFileSync(elsewhere, 'utf8'), (statSync(file).mode & 0o777).toString(8)]).toEqual([
      '{}',
      '600',
    ])
    expect(readdirSync(dir).toSorted((a, b) => a.localeCompare(b))).toEqual([
      'clouds.yaml',
      'elsewhere',
      'token-key.json',
    ])
  } finally {
    process.umask(umask)
    await store.close()
    rmSync(dir, { recursive: true, force: true })
  }
})

describe('a later start', () => {
  const dir = mkdtempSync(join(tmpdir(), 'accounts-again-'))
  let store: Store
  let auth: AuthManager
  const start = (options: { made?: boolean; more?: Parameters<typeof ensureAccounts>[3]['more'] } = {}) =>
    ensureAccounts(auth, dir, 'http://127.0.0.1:1', { link: false, ...options })
  const userNamed = (name: string) => auth.directory.users.findUser({ name, domainId: 'default' })
  const canLogin = (name: string) => {
    const password = knownPassword(dir, `manila-${name}`) ?? ''
    const user = { name, domain: { id: 'default' } }
    return auth.loginWithPassword({ user, password, address: '127.0.0.1', scope: 'default' }).then(
      () => true,
      () => false,
    )
  }
  beforeEach(async () => {
    store = await openTestStore()
    auth = await AuthManager.open({ store, clock: systemClock(), keyFile: join(dir, 'token-key.json') })
    await start()
  })
  afterEach(async () => {
    await store.close()
    rmSync(join(dir, 'clouds.yaml'), { force: true })
  })
  afterAll(() => rmSync(dir, { recursive: true, force: true }))

  test.each([
    ['with its clouds.yaml', false, undefined],
    ['that knows it is not the first, without its clouds.yaml', true, () => rmSync(join(dir, 'clouds.yaml'))],
  ])('%s brings nobody back who was removed, and no password that was changed', async (_, made, before) => {
    const admin = await userNamed('admin')
    const demo = await userNamed('demo')
    const other = await auth.directory.createUser({ name: 'other', domainId: 'default' })
    const project = await auth.directory.findProject({ name: 'admin', domainId: 'default' })
    const role = await auth.roles.find({ name: 'admin' })
    await auth.roles.grant(
      role?.id ?? '',
      { type: 'user', id: other.id },
      { type: 'project', id: project?.id ?? '' },
    )
    await auth.directory.deleteUser(admin?.id ?? '')
    await auth.directory.setPassword(demo?.id ?? '', 'another one')
    const demoProject = await auth.directory.findProject({ name: 'demo', domainId: 'default' })
    const member = await auth.roles.find({ name: 'member' })
    await auth.roles.take(
      member?.id ?? '',
      { type: 'user', id: demo?.id ?? '' },
      { type: 'project', id: demoProject?.id ?? '' },
    )
    const all = async () => [
      await store.db.selectFrom('users').selectAll().orderBy('id').execute(),
      await store.db.selectFrom('projects').selectAll().orderBy('id').execute(),
      await store.db.selectFrom('role_assignments').selectAll().orderBy('actor_id').execute(),
    ]
    const then = await all()
    before?.()
    await start({ made })
    expect(await all()).toEqual(then)
    expect(await userNamed('admin')).toBeNull()
    expect(await canLogin('demo')).toBe(false)
  })

  test('makes what a first one that was killed had not made', async () => {
    const demo = await userNamed('demo')
    await auth.directory.deleteUser(demo?.id ?? '')
    rmSync(join(dir, 'clouds.yaml'))
    await start()
    expect(await canLogin('demo')).toBe(true)
  })

  test('on another database makes all of it again', async () => {
    await store.close()
    store = await openTestStore()
    auth = await AuthManager.open({ store, clock: systemClock(), keyFile: join(dir, 'token-key.json') })
    await start({ made: true })
    expect([await canLogin('admin'), await canLogin('demo')]).toEqual([true, true])
  })

  test('without a directory finds the user demo again whom one with it put aside', async () => {
    const cloud = {
      auth_url: 'x',
      username: 'ada',
      password: 'of ada',
      project_name: 'p',
      user_domain_name: 'lab',
    }
    await start({ more: { 'manila-demo': { auth: cloud } } })
    expect(knownPassword(dir, 'manila-demo')).toBe('of ada')
    await start()
    expect(await canLogin('demo')).toBe(true)
  })
})
