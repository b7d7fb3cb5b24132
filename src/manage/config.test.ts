import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { insertType } from '../db/store/share-types.ts'
import { referenceOf } from './config-reference.ts'
import { registries, testWorld, type TestWorld } from './bench.fixture.ts'

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
    const poolOf = (name: string) => ({ loop_file: `/var/lib/manila/${name}.img`, size_gib: 10 })
    const pool = poolOf('open')
    let port = 2049
    const own = () => ({ exporter_options: { port: port++ } })
    world.configure({
      backends: {
        bare: { exporter: '', driver_options: poolOf('bare') },
        open: { driver: 'btrfs', driver_options: pool, ...own() },
        plain: { driver: 'directory', driver_options: { path: '/srv/pool' }, ...own() },
        told: { driver: 'btrfs', trusted_clients: true, driver_options: poolOf('told'), ...own() },
        walled: { driver: 'image', driver_options: poolOf('walled'), ...own() },
        wrong: { driver_options: { ...poolOf('wrong'), siz_gib: 3 }, ...own() },
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
      api: { policy_file: world.file('policy.yaml', '"share:get": "rule:admin_apy"\n"share:fly": "@"\n') },
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
    expect(out).toContain('did you mean "admin_api"?')
    expect(out).toContain('backend node@a: no driver btrs: it is one of btrfs, cephfs, directory, image, sim')
    expect(out).toContain('backend node@b: option siz_gib of image is unknown')
    expect(out).toContain('backend node@c: image needs exactly one of directory, device and loop_file')
    expect(out).toContain('backend node@d: option port of ganesha must be integer')
  })

  test('looks at each exporter of a backend by itself', async () => {
    const sim = { exporter: 'sim', options: { protocols: ['CIFS'] } }
    world.configure({
      shares: { enabled_share_protocols: ['NFS', 'CIFS'] },
      backends: {
        both: {
          driver: 'sim',
          exporters: { nfs: { exporter: 'ganesha', options: { port: 2050 } }, cifs: sim },
        },
        deaf: { driver: 'sim', exporters: { nfs: sim, cifs: { exporter: 'sim', options: { port: 1 } } } },
        own: {
          driver: 'sim',
          driver_options: { native_protocols: ['CIFS'] },
          exporters: { cifs: sim },
        },
      },
    })
    const { code, json } = await world.run('config', 'check', '-f', 'json')
    expect(code).toBe(1)
    expect(json().problems).toEqual([
      'backend node@deaf: exporters.nfs: sim does not speak NFS, but CIFS',
      expect.stringContaining('backend node@deaf: option port of sim is unknown'),
      'backend node@own: exporters.cifs: the driver publishes CIFS itself',
    ])
    const [both] = json().settings.backends
    expect(both).toMatchObject({ exporter: 'nfs=ganesha cifs=sim', problems: [], warnings: [] })
    expect(both.options.exporters).toMatchObject({ nfs: { port: 2050 }, cifs: { protocols: ['CIFS'] } })
    world.configure({ backends: { both: { driver: 'sim', exporter: 'sim', exporters: { cifs: sim } } } })
    expect((await world.run('config', 'check')).out).toContain('backends.both says its exporters twice')
  })

  test('a policy rule that nobody knows is a warning', async () => {
    world.configure({ api: { policy_file: world.file('policy.yaml', '"share:gte": "rule:admin_api"\n') } })
    const { code, out } = await world.run('config', 'check')
    expect(code).toBe(0)
    expect(out).toContain(
      'Warning:\n  policy file: there is no rule "share:gte"; did you mean "share:get"?\n',
    )
  })

  test('a file that can not be read is one of the problems', async () => {
    world.configure({ api: { port: 'x' } })
    const { code, out, err } = await world.run('config', 'check')
    expect([code, out, err]).toEqual([1, 'Wrong:\n  api.port must be a whole number\n', ''])
  })

  test('options under the name of a secret are not shown', async () => {
    world.configure({ backends: { a: { driver: 'sim', driver_options: { password: 'hunter2' } } } })
    const { out } = await world.run('config', 'check', '-f', 'json')
    expect(out).toContain('option password of sim is unknown')
    expect(out).not.toContain('hunter2')
  })
})

describe('config check finds', () => {
  const check = async (settings: Readonly<Record<string, unknown>>) => {
    world.configure(settings)
    const { code, json } = await world.run('config', 'check', '-f', 'json')
    const { problems, warnings } = json() as { problems: string[]; warnings: string[] }
    return { code, problems, warnings }
  }
  const image = (name: string, exporter_options: object = {}) => ({
    driver_options: { loop_file: join(world.dir, `${name}.img`), size_gib: 10 },
    exporter_options,
  })
  const apart = (addresses: string[]) => ({ servers: 'per-project', addresses })

  test.each([
    ['one address and port', {}, {}, '127.0.0.1:2049'],
    ['every address beside one', { bind_address: '0.0.0.0' }, {}, '127.0.0.1:2049'],
    [
      'one address in two spellings',
      { bind_address: '::1' },
      { bind_address: '0:0:0:0:0:0:0:1' },
      '[0:0:0:0:0:0:0:1]:2049',
    ],
    [
      'addresses of projects that overlap',
      apart(['127.0.1.1', '127.0.1.2']),
      apart(['127.0.1.2', '127.0.1.3']),
      '127.0.1.2:2049',
    ],
    ["a project's address beside a shared one", apart(['127.0.0.1']), {}, '127.0.0.1:2049'],
    ["the API's port", { port: 8786 }, { port: 2050 }, '127.0.0.1:8786'],
  ])('two that want %s', async (_name, a, b, where) => {
    const { code, problems } = await check({ backends: { a: image('a', a), b: image('b', b) } })
    expect([code, problems]).toEqual([1, [expect.stringMatching(/ would both listen on /)]])
    expect(problems[0]).toContain(where)
  })

  test.each([
    ['other ports', {}, { port: 2050 }],
    ['other addresses', {}, { bind_address: '127.0.0.2' }],
    ['any that is free', { port: 0 }, { port: 0 }],
    ['addresses of projects', apart(['127.0.1.1']), apart(['127.0.1.2'])],
  ])('nothing in two with %s', async (_name, a, b) => {
    expect(await check({ backends: { a: image('a', a), b: image('b', b) } })).toMatchObject({
      code: 0,
      problems: [],
    })
  })

  test('two backends in one pool, and one inside of the other', async () => {
    const directory = (path: string, port: number) => ({
      driver: 'directory',
      trusted_clients: true,
      driver_options: { path },
      exporter_options: { port },
    })
    const same = await check({ backends: { a: image('x', { port: 1 }), b: image('x', { port: 2 }) } })
    expect(same).toMatchObject({
      code: 1,
      problems: [expect.stringContaining('would both keep their shares in')],
    })
    const inside = await check({
      backends: { a: directory(join(world.dir, 'p'), 1), b: directory(join(world.dir, 'p', 'q'), 2) },
    })
    expect(inside).toMatchObject({
      code: 1,
      problems: [expect.stringContaining('one lies inside of the other')],
    })
    const beside = await check({
      backends: { a: directory(join(world.dir, 'p'), 1), b: directory(join(world.dir, 'pq'), 2) },
    })
    expect(beside).toMatchObject({ code: 0, problems: [] })
  })

  test('a filter, a weigher and an expression that nobody understands', async () => {
    const { code, problems } = await check({
      scheduler: { default_filters: ['CapacityFilter', 'CapasityFilter'], default_weighers: ['GoodWeigher'] },
      backends: {
        a: { driver: 'sim', exporter: 'sim', filter_function: 'share.size <', goodness_function: '100 -' },
      },
    })
    expect(code).toBe(1)
    expect(problems).toEqual([
      expect.stringContaining("There is no scheduler filter 'CapasityFilter'"),
      expect.stringContaining("There is no scheduler weigher 'GoodWeigher'"),
      expect.stringMatching(/^backend node@a: filter_function: /),
      expect.stringMatching(/^backend node@a: goodness_function: /),
    ])
  })

  test('a default share type that is absent: wrong where there are others, a warning where there is none yet', async () => {
    const settings = { shares: { default_share_type: 'gold' } }
    // No database yet: nothing to look into.
    expect(await check(settings)).toEqual({ code: 0, problems: [], warnings: [] })
    const type = { description: '', is_public: 1, created_at: 1, updated_at: null, extra_specs: {} } as const
    const make = (name: string) =>
      world.inStore((store) => store.transaction((tx) => insertType(tx, { ...type, id: name, name })))
    await world.inStore(async () => {})
    const says = expect.stringContaining('there is no share type "gold"') as string
    expect(await check(settings)).toEqual({ code: 0, problems: [], warnings: [says] })
    await make('silver')
    expect(await check(settings)).toEqual({ code: 1, problems: [says], warnings: [] })
    await make('gold')
    expect(await check(settings)).toEqual({ code: 0, problems: [], warnings: [] })
  })

  test('a database that can not be looked into, in a warning', async () => {
    const { code, warnings } = await check({
      shares: { default_share_type: 'gold' },
      database: { url: 'postgres://manila:hunter2@127.0.0.1:1/manila', acquire_timeout_s: 1 },
    })
    expect(code).toBe(0)
    expect(warnings).toEqual([expect.stringMatching(/^shares.default_share_type was not looked for: /)])
    expect(warnings.join()).not.toContain('hunter2')
  })

  test('paths that can not be written or read', async () => {
    const file = world.file('a-file', 'x')
    const { code, problems } = await check({
      state_dir: join(file, 'state'),
      database: {
        url: `postgres://m@127.0.0.1/m?sslmode=verify-full&sslrootcert=${join(world.dir, 'no-ca.pem')}`,
      },
      bus: { url: 'amqps://127.0.0.1', ca_file: join(world.dir, 'no-bus-ca.pem') },
      backends: {
        a: { driver_options: { loop_file: join(file, 'pool.img'), size_gib: 1 } },
        b: {
          driver: 'directory',
          trusted_clients: true,
          driver_options: { path: join(file, 'shares') },
          exporter_options: { port: 2050 },
        },
      },
    })
    expect(code).toBe(1)
    const all = problems.join('\n')
    for (const wanted of [
      `state_dir: ${join(file, 'state')} can't be made: ${file} is no directory`,
      'auth.key_file: ',
      'bus.ca_file: ',
      'database.url: ',
      `backend node@a: ${join(file, 'pool.img')} can't be made`,
      `backend node@b: ${join(file, 'shares')} can't be made`,
    ])
      expect(all).toContain(wanted)
  })

  test('a state directory that is too long for the sockets of NFS servers, which a start refuses as well', async () => {
    // The sockets of a project: /backends/a/projects/<32 digits>/bus of the 107 bytes that a path may have.
    const room = 107 - '/backends/a/projects//bus'.length - 32
    const dirOf = (length: number) => `/tmp/${'x'.repeat(length - '/tmp/'.length)}`
    const settings = (length: number, options: object) => ({
      state_dir: dirOf(length),
      backends: { a: image('a', options) },
    })
    const long = await check(settings(room + 1, apart(['127.0.1.1'])))
    expect(long).toMatchObject({
      code: 1,
      problems: [expect.stringContaining('choose a state_dir that is 1 bytes shorter')],
    })
    expect((await check(settings(room, apart(['127.0.1.1'])))).code).toBe(0)
    expect((await check(settings(room + 1, {}))).code).toBe(0)
    expect((await check(settings(107, {}))).problems).toEqual([
      expect.stringContaining('too long for the sockets'),
    ])
  })

  test('a backend whose protocols nobody may ask for', async () => {
    const settings = { shares: { enabled_share_protocols: ['CIFS'] }, backends: { a: image('a') } }
    expect(await check(settings)).toMatchObject({
      code: 0,
      warnings: [
        expect.stringContaining('it serves NFS, and [shares] enabled_share_protocols has only CIFS'),
      ],
    })
  })
})

describe('config reference', () => {
  test('is the committed page; after a meant change: npm run golden', async () => {
    const page = readFileSync(join(import.meta.dirname, '../../docs/guide/configuration.md'), 'utf8')
    expect(await referenceOf(registries)).toBe(page)
    expect((await world.run('config', 'reference')).out).toBe(page)
  })
})
