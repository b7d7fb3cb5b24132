import * as fc from 'fast-check'
import { BerReader, BerWriter, FilterParser, type EqualityFilter } from 'ldapts'
import { describe, expect, test } from 'vitest'
import { fault } from '../../../model/errors.ts'
import { stillClock } from '../../parts.fixture.ts'
import { AgedCache } from './cache.ts'
import type { Connection } from './connection.ts'
import { keyOf, keyValue, rangeOf, valuesOf } from './entry.ts'
import { LdapOutage } from './errors.ts'
import { all, any, belongs, equals, inChain } from './filter.ts'
import { sidOf } from './groups.ts'
import { Pool } from './pool.ts'
import { microsOf } from './times.ts'

describe('a filter', () => {
  test('sends the value as it is, whatever it holds', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (value) => {
        const writer = new BerWriter()
        const place = { classes: ['person'], filter: FilterParser.parseString('(o=x)') }
        all([...belongs(place), equals('uid', value)]).write(writer)
        const reader = new BerReader(writer.buffer)
        // and, three parts, the last of which is an equality of two strings.
        expect(reader.readSequence()).toBe(0xa0)
        for (const [attribute, is] of [
          ['objectClass', 'person'],
          ['o', 'x'],
          ['uid', value],
        ] as const) {
          expect(reader.readSequence()).toBe(0xa3)
          expect([reader.readString(), reader.readString()]).toEqual([attribute, is])
        }
        expect(reader.remain).toBe(0)
      }),
    )
  })

  test('of nothing is true of everything, of none of nothing', () => {
    expect(all([]).toString()).toBe('(objectClass=*)')
    expect(any([]).toString()).toBe('(!(objectClass=*))')
    expect(any([equals('a', '1'), equals('b', '2')]).toString()).toBe('(|(a=1)(b=2))')
    expect((all([null, equals('a', '*')]) as EqualityFilter).value).toBe('*')
    expect(inChain('member', 'cn=a)').toString()).toBe(String.raw`(member:1.2.840.113556.1.4.1941:=cn=a\29)`)
  })
})

describe('an entry', () => {
  test('has values of an attribute however its name is written', () => {
    expect(valuesOf({ dn: 'cn=a', MemberUid: ['a', 'b'] }, 'memberuid')).toEqual(['a', 'b'])
    expect(valuesOf({ dn: 'cn=a', uid: 'a' }, 'UID')).toEqual(['a'])
    expect(valuesOf({ dn: 'cn=a', uid: [] }, 'uid')).toEqual([])
    expect(valuesOf({ dn: 'cn=a' }, '')).toEqual([])
    expect(valuesOf({ dn: 'cn=a' }, 'dn')).toEqual([])
  })

  test('has a key that finds it again, of bytes too', () => {
    const guid = Buffer.from('00ff10aabbccddeeff00112233445566', 'hex')
    const key = keyOf({ dn: 'cn=a', objectGUID: guid }, 'objectguid')
    expect(key).toBe('00ff10aabbccddeeff00112233445566')
    expect(keyValue(key ?? '', 'objectGUID')).toEqual(guid)
    // Bytes that happen to be text are the same key.
    expect(keyOf({ dn: 'cn=a', objectGUID: 'abcdefghijklmnop' }, 'objectGUID')).toBe(
      Buffer.from('abcdefghijklmnop').toString('hex'),
    )
    expect(keyOf({ dn: 'cn=a', entryUUID: 'x-y' }, 'entryUUID')).toBe('x-y')
    expect(keyOf({ dn: 'cn=a' }, 'entryUUID')).toBeNull()
  })

  test('may give its members in parts', () => {
    expect(rangeOf({ dn: 'cn=a', 'member;range=0-1499': ['x'] }, 'member')).toEqual({
      values: ['x'],
      end: 1499,
    })
    expect(rangeOf({ dn: 'cn=a', 'Member;Range=1500-*': ['y'] }, 'member')).toEqual({
      values: ['y'],
      end: null,
    })
    expect(rangeOf({ dn: 'cn=a', member: ['y'] }, 'member')).toBeNull()
    expect(rangeOf({ dn: 'cn=a', 'members;range=0-1': ['y'] }, 'member')).toBeNull()
  })
})

test('a primary group has the SID of its member with another number at the end', () => {
  const account = Buffer.from('010500000000000515000000010000000200000003000000e9030000', 'hex')
  expect(sidOf(account, '513').toString('hex')).toBe(
    '01050000000000051500000001000000020000000300000001020000',
  )
  expect(sidOf(account, '4294967295').readUInt32LE(24)).toBe(4294967295)
  expect(sidOf(account, 'x')).toEqual(account)
  expect(account.readUInt32LE(24)).toBe(1001)
})

test.each([
  ['20261127101500Z', Date.UTC(2026, 10, 27, 10, 15) * 1000],
  ['20261127101500.25Z', Date.UTC(2026, 10, 27, 10, 15) * 1000 + 250_000],
  ['20261127121500+0200', Date.UTC(2026, 10, 27, 10, 15) * 1000],
  ['20261127044500-0530', Date.UTC(2026, 10, 27, 10, 15) * 1000],
  // 1970-01-01 and a second later, in units of 100 ns since 1601.
  ['116444736000000000', 0],
  ['116444736010000000', 1_000_000],
  ['9223372036854775807', 0],
  ['0', 0],
  ['20000', 20_000 * 86_400_000_000],
  ['', 0],
  ['soon', 0],
])('%s is %d microseconds since the epoch', (text, micros) => {
  expect(microsOf(text)).toBe(micros)
})

describe('what is remembered', () => {
  const ages = { freshUs: 60_000_000, outageUs: 300_000_000 }
  const away = () => Promise.reject(fault('Unavailable', { message: 'away' }))

  test('is believed for its time, in an outage for longer, and no more after that', async () => {
    const clock = stillClock()
    const cache = new AgedCache<string>(clock, ages, 10)
    expect(await cache.get('a', async () => 'one')).toBe('one')
    clock.pass(59)
    expect(await cache.get('a', async () => 'two')).toBe('one')
    clock.pass(2)
    expect(await cache.get('a', away)).toBe('one')
    expect(await cache.get('a', async () => 'two')).toBe('two')
    clock.pass(301)
    await expect(cache.get('a', away)).rejects.toThrow('away')
    await expect(cache.get('b', away)).rejects.toThrow('away')
  })

  test('is never what stands for another error', async () => {
    const clock = stillClock()
    const cache = new AgedCache<string>(clock, ages, 10)
    await cache.get('a', async () => 'one')
    clock.pass(61)
    await expect(cache.get('a', () => Promise.reject(new Error('a bug')))).rejects.toThrow('a bug')
  })

  test('is read once by many, and not kept when it was forgotten meanwhile', async () => {
    const clock = stillClock()
    const cache = new AgedCache<number>(clock, ages, 10)
    let reads = 0
    const answer = Promise.withResolvers<number>()
    const all = [1, 2, 3].map(() =>
      cache.get('a', () => {
        reads++
        return answer.promise
      }),
    )
    cache.clear()
    answer.resolve(7)
    expect(await Promise.all(all)).toEqual([7, 7, 7])
    expect(reads).toBe(1)
    expect(await cache.get('a', async () => 8)).toBe(8)
  })

  test('has a bound', async () => {
    const cache = new AgedCache<number>(stillClock(), ages, 2)
    for (const key of ['a', 'b', 'c']) await cache.get(key, async () => 1)
    expect(await cache.get('a', async () => 2)).toBe(2)
    expect(await cache.get('c', async () => 2)).toBe(1)
  })
})

describe('a pool', () => {
  const connection = (): Connection & { closed: boolean } => {
    const one = {
      closed: false,
      get isUsable() {
        return !one.closed
      },
      setIdle: () => {},
      close: () => void (one.closed = true),
    }
    return one as unknown as Connection & { closed: boolean }
  }

  test('opens no more than it may, and uses them again', async () => {
    let [opened, running, most] = [0, 0, 0]
    const pool = new Pool(
      async () => {
        opened++
        return connection()
      },
      3,
      1000,
    )
    const work = async (): Promise<void> => {
      most = Math.max(most, ++running)
      await new Promise((resolve) => setImmediate(resolve))
      running--
    }
    await Promise.all(Array.from({ length: 50 }, () => pool.use(work)))
    expect({ opened, most }).toEqual({ opened: 3, most: 3 })
  })

  test('does work again on a new one when the old one had ended, but not when it was late', async () => {
    const pool = new Pool(async () => connection(), 1, 1000)
    await pool.use(async () => {})
    let tries = 0
    const failing = (message: string) => () => {
      tries++
      return Promise.reject(new LdapOutage(message))
    }
    await expect(pool.use(failing('closed'))).rejects.toThrow('closed')
    expect(tries).toBe(2)
    tries = 0
    await expect(pool.use(failing('it did not answer within 5 ms'))).rejects.toThrow('did not answer')
    expect(tries).toBe(1)
  })

  test('turns away who waits too long, as busy and not as away', async () => {
    const pool = new Pool(async () => connection(), 1, 20)
    const end = Promise.withResolvers<void>()
    const long = pool.use(() => end.promise)
    await expect(pool.use(async () => {})).rejects.toMatchObject({ code: 'Unavailable' })
    end.resolve()
    await long
    await pool.use(async () => {})
  })
})
