import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { loadSettings } from '../config/load.ts'
import { registerProcess } from '../db/store/processes.ts'
import { status } from './status.ts'
import { testWorld, type TestWorld } from './bench.fixture.ts'

let world: TestWorld
beforeEach(() => {
  world = testWorld()
})
afterEach(() => world.end())

async function run(...argv: readonly string[]): Promise<{ code: number; out: string; err: string }> {
  let [out, err] = ['', '']
  const code = await status([...argv, '--config', world.config], {
    out: (text) => void (out += text),
    err: (text) => void (err += text),
    env: {},
    checkPolicy: () => [],
  })
  return { code, out, err }
}

const problems = async () => {
  const { code, out } = await run('upgrade', 'check', '-f', 'json')
  const results = JSON.parse(out) as { check: string; result: string; details: string }[]
  return [
    code,
    ...results.filter(({ result }) => result !== 'Success').map(({ check, result }) => `${check}: ${result}`),
  ]
}

describe('manila-status upgrade check', () => {
  test('is content with a deployment of this release', async () => {
    await world.inStore(async () => {})
    expect(await problems()).toEqual([0])
    expect((await run('upgrade', 'check')).out).toMatch(/^\+-+\+\n\| Upgrade Check Results +\|\n/)
  })

  test('warns of work and processes of another release, of backends that failed and counts that differ', async () => {
    await world.inStore(async (store) => {
      const process_ = { id: 'p', program: 'manila-share', node: 'n', pid: 1, kernel_id: 'k', started_at: 1 }
      await registerProcess(store, { ...process_, version: '0.0.1', serviceIds: [] })
      const usage = {
        project_id: 'p',
        scope: 'project',
        scope_id: '',
        resource: 'shares',
        in_use: 3,
      } as const
      await store.db.insertInto('quota_usages').values(usage).execute()
    })
    expect(await problems()).toEqual([1, 'Processes of other releases: Warning', 'Quota: Warning'])
  })

  test('says which shares have more access rules than one may have by now', async () => {
    await world.inStore(({ db }) =>
      db
        .insertInto('access_rules')
        .values(
          ['2001:db8::/121', '10.0.0.1'].map((to) => ({
            id: to,
            share_id: 'the-share',
            access_type: 'ip',
            access_to: to,
            canonical_to: to,
            access_level: 'rw',
            access_key: null,
            state: 'active',
            created_at: 1,
            updated_at: null,
          })),
        )
        .execute(),
    )
    world.configure({ limits: { access_rules_per_share: 129 } })
    expect(await problems()).toEqual([0])
    world.configure({ limits: { access_rules_per_share: 128 } })
    expect(await problems()).toEqual([1, 'Access rules: Warning'])
    expect((await run('upgrade', 'check')).out.replaceAll(/\s*\|\n\|\s*/g, ' ')).toContain(
      'beyond the limit of 128 (access_rules_per_share), so they stay and none is added: share the-share has 129',
    )
  })

  test('fails on a damaged schema and a key that others may read', async () => {
    await world.inStore((store) => store.db.schema.dropTable('usages').execute())
    const { key_file } = loadSettings({ file: world.config }).auth
    mkdirSync(dirname(key_file), { recursive: true })
    writeFileSync(key_file, '{}', { mode: 0o644 })
    expect(await problems()).toEqual([2, 'Database schema: Failure', 'Token keys: Failure'])
  })

  test('says what it wants', async () => {
    expect(await run('upgrade')).toMatchObject({ code: 255, out: '' })
    expect((await run('upgrade', 'check')).code).toBe(255)
  })
})
