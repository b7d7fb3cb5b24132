import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { testWorld, type TestWorld } from './bench.fixture.ts'
import { migrations } from '../db/migrations/index.ts'

const newest = Object.keys(migrations).sort().at(-1)
let world: TestWorld
beforeEach(() => {
  world = testWorld()
})
afterEach(() => world.end())

describe('the command line', () => {
  test('help lists every verb and every exit code', async () => {
    const { code, out } = await world.run('--help')
    expect(code).toBe(0)
    for (const verb of [
      'bootstrap',
      'user create NAME',
      'user password NAME',
      'db sync',
      'db version',
      'quota recount',
      'capacity recount',
      'service list',
      'config check',
      'config reference',
    ]) {
      expect(out).toContain(`  ${verb} `)
    }
    expect(out).toContain('  3  the settings or the database')
  })

  test('help of a verb names its options', async () => {
    const { code, out } = await world.run('user', 'create', '--help')
    expect(code).toBe(0)
    expect(out).toContain('manila-manage user create NAME [options]')
    expect(out).toContain('--password-file FILE')
  })

  test.each([
    [[], 'say what to do'],
    [['frobnicate'], 'there is no "frobnicate"'],
    [['db'], 'db needs one of: db sync, db version'],
    [['db', 'downgrade'], 'db needs one of: db sync, db version'],
    [['db', 'version', 'now'], 'nothing is known to do with "now"'],
    [['user', 'create'], 'user create needs NAME'],
    [['user', 'create', 'x'], 'needs --project and --role'],
    [['db', 'version', '--fix'], 'db version has no option --fix'],
    [['db', 'version', '--force'], "Unknown option '--force'"],
    [['db', 'version', '-f', 'xml'], '--format is table or json'],
    [['user', 'create', 'a\nb', '--project', 'p', '--role', 'member'], 'without control characters'],
  ])('%j is refused with exit 2', async (argv, sentence) => {
    const { code, out, err } = await world.run(...argv)
    expect([code, out]).toEqual([2, ''])
    expect(err).toContain(`manila-manage: `)
    expect(err).toContain(sentence)
    expect(err).not.toMatch(/\n\s+at /)
  })

  test('settings that can not be used are exit 3', async () => {
    world.configure({ apo: {} })
    const { code, err } = await world.run('db', 'version')
    expect([code, err]).toEqual([3, 'manila-manage: unknown option apo; did you mean api?\n'])
  })

  test('the program itself runs', () => {
    const program = join(import.meta.dirname, '..', 'bin', 'manila-manage.ts')
    const ran = spawnSync(process.execPath, [program, '--config', world.config, 'db', 'version'], {
      encoding: 'utf8',
    })
    expect([ran.status, ran.stdout]).toEqual([3, ''])
    expect(ran.stderr).toMatch(/^manila-manage: there is no database .*manila\.db/)
  })
})

describe('the database', () => {
  test('a verb that only reads makes no file', async () => {
    for (const verb of [
      ['db', 'version'],
      ['quota', 'recount'],
      ['service', 'list'],
    ]) {
      const { code, err } = await world.run(...verb)
      expect(code).toBe(3)
      expect(err).toContain('there is no database')
    }
  })

  test('sync makes it, version says so', async () => {
    const synced = await world.run('db', 'sync', '-f', 'json')
    expect(synced.json()).toMatchObject({ at: newest, pending: [], unknown: [] })
    const { code, out } = await world.run('db', 'version')
    expect([code, out]).toEqual([0, `database: ${newest}\nup to date\n`])
  })

  test('one that a newer program used is left alone', async () => {
    await world.inStore(({ db }) =>
      db
        .insertInto('kysely_migration' as never)
        .values({ name: '9999-later', timestamp: '2099-01-01' } as never)
        .execute(),
    )
    const version = await world.run('db', 'version')
    expect(version.code).toBe(1)
    expect(version.out).toContain('of a newer manila: 9999-later')
    const recount = await world.run('quota', 'recount', '--fix')
    expect(recount.code).toBe(1)
    expect(recount.err).toContain('used by a newer manila')
  })

  test('one that a service has open is exit 3 with the sentence', async () => {
    await world.inStore(async () => {
      // One that reads and one that writes: each waits its two seconds for the other process.
      for (const verb of [['quota', 'recount'], ['bootstrap']]) {
        const { code, err } = await world.run(...verb)
        expect(code).toBe(3)
        expect(err).toContain('is in use by another process. One process serves a SQLite file')
      }
    })
  })
})
