import * as fc from 'fast-check'
import ipaddr from 'ipaddr.js'
import { describe, expect, test } from 'vitest'
import { Value } from 'typebox/value'
import { hostLock } from '../../../exec/host-lock.ts'
import { exportFile, mainFile, readExportFile, readHeader } from './config-file.ts'
import { ganeshaOptions } from './options.ts'
import { fakeExec } from '../../../exec/fake.ts'
import { checkTarget, weightOf } from '../../../model/access.ts'
import { troubleOf, type Crash } from './crashes.ts'
import { ganeshaExporter } from './exporter.ts'
import { sortRules } from './rules.ts'
import { checkServers } from './servers.ts'
import type { ExportRule, Parts } from '../../contract/driver.ts'
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
    expect(readExportFile(text)).toEqual(secret)
  })

  test('is nothing that could end its quotes, and is never left empty', () => {
    for (const key of ['', 'a"; Name = VFS; #', 'a\nb'])
      expect(() =>
        exportFile({ ...secret, ceph: { filesystem: 'cephfs', user: { ...user, key } } }, options),
      ).toThrow(`the key of ${user.name}`)
    const [first = ''] = exportFile(secret, options).split('\n')
    expect(() => exportFile({ ...readHeader(first)!, rules: [] }, options)).toThrow(`the key of ${user.name}`)
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

  test('a rule makes as many clients as the limit counts it for, whatever its network', () => {
    const network = fc.tuple(fc.bigInt(0n, 2n ** 128n - 1n), fc.integer({ min: 0, max: 128 }))
    fc.assert(
      fc.property(network, fc.boolean(), ([bits, prefix], six) => {
        const width = six ? 128n : 32n
        const length = BigInt(six ? prefix : prefix % 33)
        const first = ((bits % 2n ** width) >> (width - length)) << (width - length)
        const bytes = Array.from({ length: Number(width) / 8 }, (_, at) =>
          Number((first >> (width - 8n * BigInt(at + 1))) & 255n),
        )
        const to = `${ipaddr.fromByteArray(bytes).toString()}/${length}`
        const { canonical } = checkTarget('ip', to, { ipv6: true, cephx: false })
        fc.pre(canonical !== undefined)
        const { enforced, outcomes } = sortRules([rule(to)])
        const told = enforced.flatMap(({ clients }) => clients)
        if (outcomes[0]?.state === 'error') expect(told).toEqual([])
        // Everybody is two halves: one rule of one meaning, and no tenant has two.
        else expect(told).toHaveLength(canonical?.endsWith('/0') ? 2 : weightOf('ip', canonical ?? ''))
        expect(new Set(told).size).toBe(told.length)
      }),
      { numRuns: 2000 },
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
      rule('2001:db8::/112'),
    ]
    const { outcomes, enforced } = sortRules(given)
    expect(outcomes.map(({ state, reason }) => `${state} ${reason}`)).toEqual([
      'error access-type-unsupported',
      'active null',
      'error unsupported',
      'active null',
      'error unsupported',
      'error unsupported',
      'error unsupported',
    ])
    expect(enforced.map(({ clients }) => clients)).toEqual([['10.0.0.1', '10.0.0.7']])
    expect(outcomes.at(-1)?.why).toBe(
      'NFS-Ganesha takes IPv6 networks of the prefixes /0 to /99 and /121 to /128, and 2001:db8::/112 is none of them',
    )
  })

  test('IPv6 networks of every prefix are said in words that the parser has, or not at all', () => {
    for (let prefix = 0; prefix <= 128; prefix++) {
      const { enforced, outcomes } = sortRules([rule(prefix === 0 ? '::/0' : `8000::/${prefix}`)])
      const clients = enforced[0]?.clients ?? []
      for (const client of clients) expect(client).not.toMatch(/\/(0|\d{3})$/)
      expect(outcomes[0]?.state, String(prefix)).toBe(prefix >= 100 && prefix <= 120 ? 'error' : 'active')
      const expected = prefix >= 121 ? 2 ** (128 - prefix) : prefix === 0 ? 2 : prefix < 100 ? 1 : 0
      expect(clients, String(prefix)).toHaveLength(expected)
    }
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

  test('whatever is typed, only addresses reach the file', () => {
    fc.assert(
      fc.property(fc.string(), (to) => {
        for (const { clients } of sortRules([rule(to)]).enforced) {
          for (const client of clients) expect(client).toMatch(/^[0-9a-fA-F:.]+(\/\d+)?$/)
        }
      }),
    )
  })
})

describe('the export file', () => {
  test('reads back what it was written from', () => {
    const text = exportFile(record, options)
    expect(readExportFile(text)).toEqual(record)
    const { rules: _, ...rest } = record
    expect(readHeader(text.split('\n')[0]!)).toEqual(rest)
    for (const other of ['EXPORT {}', '# manila {torn', '']) expect(readExportFile(other), other).toBeNull()
    // A disk that lost its end.
    for (let length = 0; length < text.length; length++)
      expect(readExportFile(text.slice(0, length)), String(length)).toBeNull()
  })

  test('of an earlier release, with the rules in its first line, is read as well', () => {
    const lines = exportFile(record, options).split('\n')
    const old = [`# manila ${JSON.stringify(record)}`, ...lines.slice(2)].join('\n')
    expect(readExportFile(old)).toEqual(record)
    const { rules: _, ...rest } = record
    expect(readHeader(old.split('\n')[0]!)).toEqual(rest)
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
    expect(readExportFile(text)).toEqual(inCeph)
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
  const parts = (separates?: 'file-system' | 'user'): Parts => ({
    exec: fakeExec(),
    log: { info: () => {}, warn: () => {}, error: () => {} },
    backend: 'alpha',
    dir: '/nowhere',
    lock: hostLock,
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

  test('refuses at its start a directory whose sockets would be too long, not at the first export of a project', () => {
    // Below it: /projects/<32 digits>/bus; a path has 107 bytes.
    const longest = 107 - '/projects//bus'.length - 32
    const at = (length: number, over: object) => () =>
      checkServers({ ...options, ...over }, { ...parts('file-system'), dir: `/${'d'.repeat(length - 1)}` })
    const per = { servers: 'per-project' as const, addresses: ['127.0.0.5'] }
    expect(at(longest, per)).not.toThrow()
    expect(at(longest + 3, per)).toThrow('choose a state_dir that is 3 bytes shorter')
    expect(at(longest + 3, {})).not.toThrow()
    expect(at(104, {})).toThrow('choose a state_dir that is 1 bytes shorter')
  })

  test('only what separates is promised anything, with words on what stays open', () => {
    const { leftOpen } = ganeshaExporter(options, parts('file-system'))
    expect(leftOpen).toContain('Clients of all projects share one server')
    expect(leftOpen).not.toContain('Ceph')
    expect(ganeshaExporter(options, parts('user')).leftOpen).toContain('Ceph tells size and times')
    expect(ganeshaExporter(options, parts()).leftOpen).toBeUndefined()
    const per = { ...options, servers: 'per-project' as const, addresses: ['127.0.0.5'] }
    expect(ganeshaExporter(per, parts('file-system')).leftOpen).toContain('Other projects have servers')
  })
})

describe('deaths of a server', () => {
  const secondUs = 1_000_000
  const at = (s: number, ...peers: string[]): Crash => ({ atUs: s * secondUs, peers })

  test('three within a minute are told for ten, with whoever was connected each time', () => {
    const storm = [at(0, 'a', 'b'), at(20, 'b', 'c'), at(60, 'c', 'b')]
    expect(troubleOf(storm, 61 * secondUs)).toContain('connected each time: b')
    expect(troubleOf([...storm, at(70)], 71 * secondUs)).toContain('no client was connected each time')
    expect(troubleOf(storm, 661 * secondUs)).toBeNull()
    expect(troubleOf(storm.slice(1), 61 * secondUs)).toBeNull()
    expect(troubleOf([at(0, 'a'), at(30, 'a'), at(61, 'a')], 62 * secondUs)).toBeNull()
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
