import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { referenceOf } from './config-reference.ts'
import { registries, testWorld, type TestWorld } from './test-bench.ts'

let world: TestWorld
beforeEach(() => {
  world = testWorld()
})
afterEach(() => world.end())

describe('config check', () => {
  test('prints what would run and touches nothing', async () => {
    world.configure({
      backends: {
        alpha: { driver: 'sim', exporter: 'sim' },
        beta: { driver_options: { loop_file: '/var/lib/manila/beta.img', size_gib: 10 } },
      },
    })
    const { code, out } = await world.run('config', 'check')
    expect(code).toBe(0)
    expect(out).toMatch(/node@alpha +sim +sim +ok/)
    expect(out).toMatch(/node@beta +image +ganesha +ok/)
    const { json } = await world.run('config', 'check', '-f', 'json')
    expect(json().settings.backends[1].options.driver).toMatchObject({ share_mode: '0777', size_gib: 10 })
    expect((await world.run('db', 'version')).err).toContain('there is no database')
  })

  test('warns where clients could reach the shares of others and nobody has said that they may', async () => {
    const pool = { loop_file: '/var/lib/manila/pool.img', size_gib: 10 }
    world.configure({
      backends: {
        bare: { exporter: '', driver_options: pool },
        open: { driver: 'btrfs', driver_options: pool },
        plain: { driver: 'directory', driver_options: { path: '/srv/pool' } },
        told: { driver: 'btrfs', trusted_clients: true, driver_options: pool },
        walled: { driver: 'image', driver_options: pool },
        wrong: { driver_options: { ...pool, siz_gib: 3 } },
      },
    })
    const { code, json } = await world.run('config', 'check', '-f', 'json')
    expect([code, json().problems]).toEqual([1, [expect.stringContaining('node@wrong')]])
    expect(json().warnings).toEqual([
      expect.stringMatching(/^backend node@open: .*set trusted_clients = true in \[backends.open\]/),
      expect.stringMatching(
        /^backend node@plain: backend plain \(driver directory\) keeps all its shares on one/,
      ),
    ])
    world.configure({ backends: { open: { driver: 'btrfs', driver_options: pool } } })
    const { code: alone, out } = await world.run('config', 'check')
    expect([alone, out.includes('Wrong:')]).toEqual([0, false])
    expect(out).toMatch(/^Warning:\n {2}backend node@open: /m)
  })

  test('lists every problem, of every backend', async () => {
    world.configure({
      api: { policy_file: world.file('policy.yaml', '"share:fly": "rule:admin_api"\n') },
      backends: {
        a: { driver: 'btrs' },
        b: { driver_options: { loop_file: '/x', siz_gib: 3 } },
        c: { driver_options: { loop_file: '/x', directory: '/y' } },
        d: { driver: 'sim', exporter: 'ganesha', exporter_options: { port: 'nfs' } },
      },
    })
    const { code, out } = await world.run('config', 'check')
    expect(code).toBe(1)
    expect(out).toContain('policy file: ')
    expect(out).toContain('backend node@a: no driver btrs: it is one of btrfs, cephfs, directory, image, sim')
    expect(out).toContain('backend node@b: option siz_gib of image is unknown')
    expect(out).toContain('backend node@c: image needs exactly one of directory, device and loop_file')
    expect(out).toContain('backend node@d: option port of ganesha must be integer')
  })

  test('a file that can not be read is one of the problems', async () => {
    world.configure({ api: { port: 'x' } })
    const { code, out, err } = await world.run('config', 'check')
    expect([code, out, err]).toEqual([1, 'Wrong:\n  api.port must be integer\n', ''])
  })

  test('options under the name of a secret are not shown', async () => {
    world.configure({ backends: { a: { driver: 'sim', driver_options: { password: 'hunter2' } } } })
    const { out } = await world.run('config', 'check', '-f', 'json')
    expect(out).toContain('option password of sim is unknown')
    expect(out).not.toContain('hunter2')
  })
})

describe('config reference', () => {
  test('is the committed page; after a meant change: npm run golden', async () => {
    const page = readFileSync(join(import.meta.dirname, '../../docs/guide/configuration.md'), 'utf8')
    expect(await referenceOf(registries)).toBe(page)
    expect((await world.run('config', 'reference')).out).toBe(page)
  })
})
