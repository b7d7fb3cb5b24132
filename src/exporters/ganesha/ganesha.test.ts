import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Value } from 'typebox/value'
import { exportFile, mainFile, readHeader, readRecord } from './config-file.ts'
import { ganeshaOptions } from './options.ts'
import { fakeExec } from '../../exec/fake.ts'
import { troubleOf, type Crash } from './crashes.ts'
import { ganeshaExporter } from './exporter.ts'
import { clientsAtMost, sortRules } from './rules.ts'
import { checkServers } from './servers.ts'
import type { ExportRule, Parts } from '../../drivers/driver.ts'
import type { ExportRecord } from './config-file.ts'

const options = Value.Parse(ganeshaOptions, Value.Default(ganeshaOptions, {}))
const rule = (to: string, level: 'rw' | 'ro' = 'rw', type = 'ip'): ExportRule => ({
  id: `${type} ${to}`,
  type,
  to,
  level,
})
const record: ExportRecord = {
  id: '11111111-1111-4111-8111-111111111111',
  number: 7,
  path: '/srv/exports/a',
  readOnly: false,
  name: 'a',
  mount: 'btrfs /a /srv/exports/a',
  rules: [{ clients: ['10.0.0.7'], level: 'rw', bits: 128 }],
}

describe('the key of a cephx user', () => {
  const user = { name: 'manila-nfs-11111111', key: 'AQBmRxJnAAAAABAAxyz+/w==' }
  const secret: ExportRecord = { ...record, mount: 'cephfs', ceph: { filesystem: 'cephfs', user } }

  test("is in the server's part of the file, not in the first line, and is read back", () => {
    const text = exportFile(secret, options)
    expect(text.split('\n')[0]).not.toContain(user.key)
    expect(text).toContain(`User_Id = "${user.name}"; Secret_Access_Key = "${user.key}";`)
    expect(readRecord(text)).toEqual(secret)
  })

  test('is nothing that could end its quotes, and is never left empty', () => {
    for (const key of ['', 'a"; Name = VFS; #', 'a\nb'])
      expect(() =>
        exportFile({ ...secret, ceph: { filesystem: 'cephfs', user: { ...user, key } } }, options),
      ).toThrow(`the key of ${user.name}`)
    const withoutKey = exportFile(secret, options).replace(/ Secret_Access_Key = "[^"]*";/, '')
    expect(() => exportFile(readRecord(withoutKey)!, options)).toThrow(`the key of ${user.name}`)
  })

  test('an export of an earlier release goes on as the user of all', () => {
    expect(exportFile({ ...secret, ceph: { filesystem: 'cephfs' } }, options)).toContain(
      'User_Id = "ganesha";',
    )
  })
})

describe('rules', () => {
  test('the narrowest comes first, whatever the order given', () => {
    const given = [
      rule('0.0.0.0/0', 'ro'),
      rule('10.0.0.7'),
      rule('10.0.0.0/24', 'ro'),
      rule('fd00::/64'),
      rule('::/0'),
    ]
    const clients = sortRules(given).enforced.map((entry) => entry.clients.join(' '))
    expect(clients).toEqual([
      '10.0.0.7',
      '10.0.0.0/24',
      '0.0.0.0/1 128.0.0.0/1',
      'fd00::/64',
      '8000::/1 ::/1',
    ])
    fc.assert(
      fc.property(fc.shuffledSubarray(given, { minLength: given.length }), (shuffled) => {
        expect(sortRules(shuffled).enforced).toEqual(sortRules(given).enforced)
      }),
    )
  })

  test('what can not be enforced is in error by itself', () => {
    const given = [
      rule('alice', 'rw', 'user'),
      rule('10.0.0.7'),
      rule('10.0.0.0/33'),
      rule('::ffff:10.0.0.1'),
      rule('x; }'),
      rule('0.0.0.0'),
      rule('::'),
      rule('2001:DB8::1'),
      rule('2001:db8::/99'),
      rule('2001:db8::/100'),
      rule('2001:db8::/120'),
      rule('2001:db8::/121'),
    ]
    const { enforced, outcomes } = sortRules(given)
    expect(outcomes.map(({ state, reason }) => `${state} ${reason}`)).toEqual([
      'error access-type-unsupported',
      'active null',
      ...Array.from({ length: 6 }, () => 'error unsupported'),
      'active null',
      'error unsupported',
      'error unsupported',
      'active null',
    ])
    expect(outcomes[3]!.why).toBe('::ffff:10.0.0.1 is another way to write 10.0.0.1: use that')
    expect(outcomes[9]!.why).toMatch(/takes IPv6 networks up to \/99 and from \/121: 2001:db8::\/100 can't/)
    expect(enforced.map(({ clients, bits }) => [clients.length, bits])).toEqual([
      [1, 128],
      [128, 121],
      [1, 99],
    ])
  })

  test('rules of one width and level stand in one list, and a small network behind its own addresses', () => {
    const given = [
      rule('2001:db8::/127', 'ro'),
      rule('10.0.0.9'),
      rule('2001:db8::1'),
      rule('10.0.0.7', 'ro'),
    ]
    expect(sortRules(given).enforced).toEqual([
      { bits: 128, level: 'ro', clients: ['10.0.0.7'] },
      { bits: 128, level: 'rw', clients: ['10.0.0.9', '2001:db8::1'] },
      { bits: 127, level: 'ro', clients: ['2001:db8::', '2001:db8::1'] },
    ])
  })

  test('an export has at most 20,000 addresses: what is too much is named, and the file is small', () => {
    const given = Array.from({ length: clientsAtMost + 2 }, (_, n) =>
      rule(`2001:db8:aaaa:bbbb:cccc:dddd:${(n >> 8).toString(16)}:${((n & 255) + 256).toString(16)}`),
    )
    const { enforced, outcomes } = sortRules(given)
    const refused = outcomes.filter(({ state }) => state === 'error')
    expect(refused.map(({ id }) => id)).toEqual(given.slice(clientsAtMost).map(({ id }) => id))
    expect(refused[0]!.why).toBe('an export may have 20000 addresses and networks; it has 20000')
    const text = exportFile({ ...record, rules: enforced }, options)
    expect(text.length).toBeLessThan(1024 * 1024)
    expect(readRecord(text)).toEqual({ ...record, rules: enforced })
  })

  test('whatever is typed, only addresses reach the file', () => {
    fc.assert(
      fc.property(fc.string(), (to) => {
        for (const { clients } of sortRules([rule(to)]).enforced) {
          for (const client of clients) expect(client).toMatch(/^[0-9a-fA-F:.]+(\/\d{1,2})?$/)
        }
      }),
    )
  })
})

describe('the export file', () => {
  test('reads back what it was written from', () => {
    expect(readRecord(exportFile(record, options))).toEqual(record)
    // The end of the file has rules that are not in its first line.
    expect(readRecord(exportFile(record, options).slice(0, -3))).toBeNull()
    for (const text of ['EXPORT {}', '# manila {torn', '# manila null', '# manila {"id":"x"}', ''])
      expect([readRecord(text), readHeader(text)], text).toEqual([null, null])
  })

  test('of an earlier release says its rules in the first line, and loses what keeps its other clients out', () => {
    const rules = [
      { clients: ['0.0.0.0'], level: 'rw', bits: 128 },
      { clients: ['10.0.0.7'], level: 'rw', bits: 128 },
      { clients: ['2001:db8::/112'], level: 'rw', bits: 112 },
    ]
    const text = `# manila ${JSON.stringify({ ...record, rules })}\nEXPORT { … }\n`
    expect(readRecord(text)).toEqual({ ...record, rules: [rules[1]] })
    expect(readHeader(text)).not.toHaveProperty('rules')
  })

  test('a read-only tree is read-only for everybody', () => {
    expect(exportFile(record, options)).toContain('Clients = 10.0.0.7; Access_Type = RW')
    const frozen = exportFile({ ...record, readOnly: true }, options)
    expect(frozen).toContain('Clients = 10.0.0.7; Access_Type = RO')
    expect(frozen).not.toContain('RW')
  })

  test('a tree on CephFS is served by its own client and user', () => {
    const inCeph = { ...record, mount: 'cephfs', ceph: { filesystem: 'cephfs' } }
    const text = exportFile(inCeph, { ...options, ceph_conf: '/etc/ceph/ceph.conf' })
    expect(text).toContain('FSAL { Name = CEPH; Filesystem = "cephfs"; User_Id = "ganesha"; }')
    expect(text).not.toContain('VFS')
    expect(readRecord(text)).toEqual(inCeph)
    expect(() => exportFile({ ...inCeph, ceph: { filesystem: 'a"; }' } }, options)).toThrow('name')
  })

  test('nobody is let in without a rule, and a path can not end its quotes', () => {
    expect(exportFile({ ...record, rules: [] }, options)).not.toContain('CLIENT')
    for (const path of ['/a"b', '/a\nb', '/a\\', 'relative']) {
      expect(() => exportFile({ ...record, path }, options)).toThrow("can't be written")
    }
  })
})

describe('a server per project', () => {
  const parts = (separates?: 'file-system'): Parts => ({
    exec: fakeExec(),
    log: { info: () => {}, warn: () => {}, error: () => {} },
    backend: 'alpha',
    dir: '/nowhere',
    now: () => 0,
    storage: { name: 'some', ...(separates === undefined ? {} : { separates }) },
  })
  const check = (over: object, separates?: 'file-system') =>
    checkServers({ ...options, servers: 'per-project', addresses: ['127.0.0.5'], ...over }, parts(separates))

  test('needs a driver that separates, and addresses that are some', () => {
    expect(() => check({}, 'file-system')).not.toThrow()
    expect(() => check({ addresses: ['fd00::5', '10.0.0.11'] }, 'file-system')).not.toThrow()
    expect(() => check({})).toThrow('needs a driver that keeps clients apart; some does not')
    expect(() => check({ addresses: [] }, 'file-system')).toThrow('needs addresses')
    expect(() => check({ addresses: ['10.0.0.1', '10.0.0.1'] }, 'file-system')).toThrow('10.0.0.1 twice')
    for (const wrong of ['0.0.0.0', '::', '10.0.0.256', 'fd00'])
      expect(() => check({ addresses: [wrong] }, 'file-system'), wrong).toThrow(`has ${wrong}, which`)
    expect(() => check({ servers: 'shared' }, 'file-system')).toThrow('is for servers = "per-project"')
  })

  test('only what separates is promised anything, with words on what stays open', () => {
    const { leftOpen } = ganeshaExporter(options, parts('file-system'))
    expect(leftOpen).toContain('Clients of all projects share one server')
    expect(ganeshaExporter(options, parts()).leftOpen).toBeUndefined()
    const per = { ...options, servers: 'per-project' as const, addresses: ['127.0.0.5'] }
    expect(ganeshaExporter(per, parts('file-system')).leftOpen).toContain('Other projects have servers')
  })
})

describe('deaths of a server', () => {
  const second = 1_000_000
  const at = (s: number, ...peers: string[]): Crash => ({ atUs: s * second, peers })

  test('three within a minute are told for ten, with whoever was connected each time', () => {
    const storm = [at(0, 'a', 'b'), at(20, 'b', 'c'), at(60, 'c', 'b')]
    expect(troubleOf(storm, 61 * second)).toContain('connected each time: b')
    expect(troubleOf([...storm, at(70)], 71 * second)).toContain('no client was connected each time')
    expect(troubleOf(storm, 661 * second)).toBeNull()
    expect(troubleOf(storm.slice(1), 61 * second)).toBeNull()
    expect(troubleOf([at(0, 'a'), at(30, 'a'), at(61, 'a')], 62 * second)).toBeNull()
  })
})

const facts = {
  address: '127.0.0.1',
  port: 2049,
  dir: '/d',
  ownFileSystems: false,
  laws: '# laws',
  includes: [],
}

test('the daemon knows the Ceph cluster only where one is configured', () => {
  expect(mainFile(options, facts)).not.toContain('CEPH')
  const withCeph = mainFile({ ...options, ceph_conf: '/etc/ceph/ceph.conf' }, facts)
  expect(withCeph).toContain('CEPH { Ceph_Conf = "/etc/ceph/ceph.conf"; }')
})

test('grace is off by default and has a shorter lease when it is on', () => {
  expect(mainFile(options, { ...facts, includes: ['/d/exports.d/x.conf'] })).toContain('Graceless = true;')
  const graceful = mainFile({ ...options, grace_period_s: 15 }, facts)
  expect(graceful).toContain('Grace_Period = 15; Lease_Lifetime = 10;')
})
