import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { loadSettings } from './load.ts'
import { importOslo } from './oslo.ts'
import { parseOslo } from './oslo-ini.ts'
import { renderToml } from './toml.ts'

const cephConf = `
[DEFAULT]
# comments and blank lines
host = control-7
enabled_share_backends = cephnfs1, netapp-2
enabled_share_protocols = NFS,CEPHFS
default_share_type = default
osapi_share_listen = 192.0.2.9
osapi_share_listen_port = 8786
osapi_share_workers = 4
transport_url = rabbit://openstack:s3cret@mq1:5672,openstack:s3cret@mq2:5672/manila
quota_shares = 75
rootwrap_config = /etc/manila/rootwrap.conf
scheduler_default_filters = AvailabilityZoneFilter,
  CapacityFilter,
  CapabilitiesFilter
made_up_option = 7

[database]
connection = mysql+pymysql://manila:pw@db/manila?charset=utf8&ssl_ca=/etc/db-ca.pem

[keystone_authtoken]
auth_url = https://controller:5000
www_authenticate_uri = https://keystone.example.org
auth_type = password
username = manila
password = hidden
user_domain_id = default
token_cache_time = -1
service_token_roles = service,admin
memcached_servers = m1:11211

[quota]
gigabytes = 5000

[cephnfs1]
share_driver = manila.share.drivers.cephfs.driver.CephFSDriver
share_backend_name = CEPHNFS1
driver_handles_share_servers = False
cephfs_conf_path = /etc/ceph/ceph.conf
cephfs_auth_id = manila
cephfs_filesystem_name = "cephfs"
reserved_share_percentage = 10

[netapp-2]
share_driver = manila.share.drivers.netapp.common.NetAppDriver
netapp_login = admin
backend_host = filer
`

describe('a manila.conf', () => {
  const { settings, keys } = importOslo(cephConf)
  const became = (key: string) => keys.find((one) => one.key === key)

  test('becomes settings that load', () => {
    const dir = mkdtempSync(join(tmpdir(), 'oslo-'))
    const file = join(dir, 'manila.toml')
    // What has no driver here is for the operator to choose.
    writeFileSync(file, renderToml(settings), { mode: 0o600 })
    // The original speaks to its broker in clear without a word about it.
    expect(() => loadSettings({ file })).toThrow('bus.url speaks in clear to mq1')
    const loaded = loadSettings({ file, environment: { MANILA_BUS__ALLOW_PLAINTEXT: 'true' } })
    rmSync(dir, { recursive: true })
    expect(loaded).toMatchObject({
      host: 'control-7',
      api: { host: '192.0.2.9', port: 8786, workers: 4 },
      database: { url: 'mariadb://manila:pw@db/manila?sslrootcert=/etc/db-ca.pem' },
      bus: { url: 'amqp://openstack:s3cret@mq1:5672/manila' },
      quota: { shares: 75, gigabytes: 5000 },
      shares: { enabled_share_protocols: ['NFS', 'CEPHFS'], default_share_type: 'default' },
      scheduler: { default_filters: ['AvailabilityZoneFilter', 'CapacityFilter', 'CapabilitiesFilter'] },
    })
    expect(loaded.auth).toMatchObject({
      backend: 'keystone',
      keystone: {
        auth_url: 'https://controller:5000',
        www_authenticate_uri: 'https://keystone.example.org',
        username: 'manila',
        password: 'hidden',
        user_domain_id: 'default',
        project_name: 'service',
        token_cache_time_s: 0,
        service_token_roles: ['service', 'admin'],
      },
    })
    expect(loaded.backends.cephnfs1).toMatchObject({
      driver: 'cephfs',
      exporter: 'ganesha',
      share_backend_name: 'CEPHNFS1',
      reserved_share_percentage: 10,
      driver_options: { conf_file: '/etc/ceph/ceph.conf', client_id: 'manila', filesystem: 'cephfs' },
    })
  })

  test('has every key told about, and no password in what is told', () => {
    expect(became('[DEFAULT] rootwrap_config')).toMatchObject({ became: 'no meaning here' })
    expect(became('[keystone_authtoken] password')).toMatchObject({ became: 'mapped' })
    expect(became('[keystone_authtoken] memcached_servers')).toMatchObject({ became: 'no meaning here' })
    expect(became('[DEFAULT] made_up_option')).toMatchObject({ became: 'unknown' })
    expect(became('[netapp-2] share_driver')).toMatchObject({ became: 'not supported' })
    expect(became('[netapp-2] netapp_login')).toMatchObject({ became: 'not supported' })
    expect(became('[netapp-2] backend_host')).toMatchObject({ became: 'mapped' })
    expect(keys).toHaveLength(33)
    expect(JSON.stringify(keys)).not.toMatch(/s3cret|hidden|:pw@/)
  })

  test('takes a PostgreSQL connection, quoted values and repeated keys', () => {
    const conf =
      '[database]\nconnection = "postgresql+psycopg2://m:x@h:5433/manila"\n[DEFAULT]\nhost = a\nhost = b\n'
    expect(importOslo(conf).settings).toEqual({
      database: { url: 'postgres://m:x@h:5433/manila' },
      host: 'b',
    })
  })

  test('that can not be read names the line', () => {
    expect(() => importOslo('[DEFAULT]\nnonsense\n')).toThrow('line 2: neither [section] nor key = value')
  })

  test('keeps every value that was written, whatever it is', () => {
    const word = fc.stringMatching(/^[a-z][a-z_]{0,10}$/)
    const value = fc.stringMatching(/^[A-Za-z0-9:/@.,-]{1,20}$/)
    fc.assert(
      fc.property(fc.dictionary(word, fc.array(value, { minLength: 1, maxLength: 3 })), (options) => {
        const lines = Object.entries(options).flatMap(([key, values]) =>
          values.map((one) => `${key} = ${one}`),
        )
        const read = parseOslo(`[some]\n${lines.join('\n')}\n`).get('some')
        expect(Object.fromEntries(read ?? [])).toEqual(options)
      }),
    )
  })
})
