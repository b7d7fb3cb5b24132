import { describe, expect, test } from 'vitest'
import { loadSettings } from './load.ts'
import { databaseInClear, isLoopback } from './plaintext.ts'

const load = (tables: Record<string, unknown>) => () => loadSettings({ defaults: tables })
const away = 'amqp://u:secret@mq.example.org/manila'

describe('a server on another host', () => {
  test.each([
    [{ database: { url: 'postgres://u:secret@db.example.org/manila' } }, 'database.url', 'db.example.org'],
    [
      { database: { url: 'mariadb://u:secret@192.0.2.7:3306/manila?sslmode=disable' } },
      'database.url',
      '192.0.2.7',
    ],
    [{ database: { url: 'postgres://u:secret@[2001:db8::1]/manila' } }, 'database.url', '2001:db8::1'],
    [{ bus: { url: away } }, 'bus.url', 'mq.example.org'],
    [
      { bus: { url: 'amqp://u:secret@127.0.0.1/m', hosts: ['127.0.0.1:5672', 'mq2:5672'] } },
      'bus.url',
      'mq2',
    ],
    [{ notifications: { enabled: true, url: away } }, 'notifications.url', 'mq.example.org'],
  ])('is not spoken to in clear: %j', (tables, option, host) => {
    const table = option.split('.')[0] ?? ''
    let said = ''
    try {
      load(tables)()
    } catch (error) {
      said = (error as Error).message
    }
    expect(said).toContain(`${option} speaks in clear to`)
    expect(said).toContain(host)
    expect(said).toContain(`allow_plaintext = true in [${table}]`)
    expect(said).not.toContain('secret')
    const own = (tables as Record<string, object>)[table]
    expect(load({ [table]: { ...own, allow_plaintext: true } })).not.toThrow()
  })

  test.each([
    { database: { url: 'postgres://u@db.example.org/manila?sslmode=require' } },
    { database: { url: 'mariadb://u@db.example.org/manila?sslrootcert=/etc/ca.pem' } },
    { database: { url: 'postgres://u@anything/manila?socket=/run/postgresql' } },
    { database: { url: 'postgres:///manila?socket=/run/postgresql' } },
    { database: { url: 'mariadb://u@localhost/manila' } },
    { bus: { url: 'amqps://u@mq.example.org/manila', hosts: ['mq2.example.org:5671'] } },
    { bus: { url: 'amqp://u@[::1]/manila' } },
    // It is not spoken to.
    { notifications: { enabled: false, url: away } },
  ])('is spoken to over TLS, this one as it likes: %j', (tables) => {
    expect(load(tables)).not.toThrow()
  })

  test('is not excused by a table that is another', () => {
    expect(load({ database: { allow_plaintext: true }, bus: { url: away } })).toThrow('bus.url')
  })
})

test('loopback is what never leaves the machine', () => {
  const yes = [
    '127.0.0.1',
    '127.8.9.1',
    'localhost',
    'LOCALHOST.',
    'db.localhost',
    '::1',
    '[::1]',
    '::ffff:127.0.0.1',
  ]
  const no = [
    '128.0.0.1',
    '10.0.0.1',
    'localhost.example.org',
    'notlocalhost',
    '127.0.0.1.nip.io',
    '::',
    '::2',
    'fe80::1',
    '::ffff:10.0.0.1',
  ]
  expect(yes.filter((host) => !isLoopback(host))).toEqual([])
  expect(no.filter(isLoopback)).toEqual([])
  expect(databaseInClear('sqlite:/var/lib/manila.db')).toBe(null)
})
