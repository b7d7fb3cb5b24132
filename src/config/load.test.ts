import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { hostname, tmpdir } from 'node:os'
import { join } from 'node:path'
import * as fc from 'fast-check'
import { stringify } from 'smol-toml'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { nearest } from '../model/nearest.ts'
import { exporterDir, exporterTables } from './exporters.ts'
import { ConfigError, loadSettings, type LoadOptions } from './load.ts'

const dir = mkdtempSync(join(tmpdir(), 'config-'))
afterAll(() => rmSync(dir, { recursive: true, force: true }))
const file = join(dir, 'manila.toml')

function fromText(toml: string | Uint8Array, options: LoadOptions = {}) {
  writeFileSync(file, toml)
  return loadSettings({ ...options, file })
}

/** The sentence of the refusal; fails when there is none or when it is a crash. */
function refusal(load: () => unknown): string {
  try {
    load()
  } catch (error) {
    expect(error).toBeInstanceOf(ConfigError)
    const { message } = error as Error
    expect(message).not.toMatch(/\n\s+at /)
    return message
  }
  throw new Error('it was accepted')
}

describe('defaults', () => {
  test('an empty file is a whole configuration', () => {
    const settings = fromText('')
    expect(settings.api).toMatchObject({ host: '127.0.0.1', port: 8786, max_limit: 1000 })
    expect(settings.quota.shares).toBe(50)
    expect(settings.backends).toEqual({})
    expect(settings.host).toBe(hostname())
  })

  test('a backend has those of every backend', () => {
    const { backends } = fromText('[backends.alpha]\nslots = 2\n')
    expect(backends.alpha).toMatchObject({
      driver: 'image',
      exporter: 'ganesha',
      slots: 2,
      driver_options: {},
    })
  })

  test('exporters are one for all protocols, or a table for each, and never both', () => {
    const { backends } = fromText(
      '[backends.a.exporters.nfs]\nexporter = "ganesha"\noptions = { port = 0 }\n[backends.a.exporters.cifs]\nexporter = "path:./mine.ts"\n',
    )
    expect(backends.a).toMatchObject({
      exporter: '',
      exporters: {
        nfs: { exporter: 'ganesha', options: { port: 0 } },
        cifs: { exporter: `path:${join(dir, 'mine.ts')}`, options: {} },
      },
    })
    expect(exporterTables(backends.a!)).toEqual([
      { protocol: 'NFS', key: 'nfs', exporter: 'ganesha', options: { port: 0 } },
      { protocol: 'CIFS', key: 'cifs', exporter: `path:${join(dir, 'mine.ts')}`, options: {} },
    ])
    const old = fromText('[backends.b.exporter_options]\nport = 0\n[backends.c]\nexporter = ""\n').backends
    expect(exporterTables(old.b!)).toEqual([
      { protocol: null, key: 'ganesha', exporter: 'ganesha', options: { port: 0 } },
    ])
    expect(exporterTables(old.c!)).toEqual([])
    const places = [...exporterTables(backends.a!), ...exporterTables(old.b!)]
    expect(places.map((table) => exporterDir('/b', table))).toEqual(['/b', '/b/exporters/cifs', '/b'])
    for (const line of ['exporter = "sim"', 'exporter_options = { port = 1 }'])
      expect(
        refusal(() => fromText(`[backends.a]\n${line}\n[backends.a.exporters.nfs]\nexporter = "ganesha"\n`)),
      ).toBe(
        `backends.a says its exporters twice: ${line.split(' ')[0]} for all protocols, and [backends.a.exporters.nfs] for each; keep the tables and remove ${line.split(' ')[0]}`,
      )
    expect(refusal(() => fromText('[backends.a.exporters.smb]\nexporter = "x"\n'))).toContain(
      'backends.a.exporters.smb: a name is a protocol in small letters: nfs, cifs',
    )
    expect(refusal(() => fromText('[backends.a.exporters.nfs]\nexporterr = "x"\n'))).toContain(
      'did you mean exporter?',
    )
    expect(refusal(() => fromText('[backends.a.exporters.nfs]\n'))).toContain('exporter')
  })

  test('exporters that the program chose give way to a file that says them in the other way', () => {
    const [old, table] = ['exporter = "sim"', '[backends.a.exporters.cifs]\nexporter = "sim"']
    const chosen = { slots: 3, exporter: 'ganesha', exporter_options: { port: 1 } }
    const { a } = fromText(`${table}\n`, { defaults: { backends: { a: chosen } } }).backends
    expect(exporterTables(a!).map(({ key }) => key)).toEqual(['cifs'])
    expect(a!.slots).toBe(3)
    const tables = { exporters: { nfs: { exporter: 'ganesha' } } }
    const { backends } = fromText(`[backends.a]\n${old}\n`, { defaults: { backends: { a: tables } } })
    expect(exporterTables(backends.a!).map(({ key }) => key)).toEqual(['sim'])
    const port = { exporters: { nfs: { exporter: 'ganesha', options: { port: 7, bind_address: '::1' } } } }
    const changed = fromText('[backends.a]\nexporter_options = { port = 8 }\n', {
      defaults: { backends: { a: port } },
    }).backends.a!
    expect(exporterTables(changed)).toEqual([
      { protocol: null, key: 'ganesha', exporter: 'ganesha', options: { port: 8, bind_address: '::1' } },
    ])
    const both = fromText(`${table}\n`, { defaults: { backends: { a: tables } } }).backends.a!
    expect(exporterTables(both).map(({ key }) => key)).toEqual(['nfs', 'cifs'])
  })

  test('the file wins over what the program chose, the environment over the file', () => {
    const options = {
      defaults: { api: { port: 1, host: '::1' }, log_level: 'warn' },
      environment: { MANILA_API__MAX_LIMIT: '7' },
    }
    const settings = fromText('[api]\nport = 2\nmax_limit = 5\n', options)
    expect(settings.api).toMatchObject({ host: '::1', port: 2, max_limit: 7 })
    expect(settings.log_level).toBe('warn')
  })

  test('lists replace, tables merge', () => {
    const defaults = { shares: { enabled_share_protocols: ['NFS', 'CIFS'] }, backends: { a: { slots: 1 } } }
    const settings = fromText('[shares]\nenabled_share_protocols = ["NFS"]\n[backends.b]\n', { defaults })
    expect(settings.shares.enabled_share_protocols).toEqual(['NFS'])
    expect(Object.keys(settings.backends)).toEqual(['a', 'b'])
  })
})

describe('refusals name the option', () => {
  test.each([
    ['prot = 1', 'unknown option prot'],
    ['[api]\nprot = 1', 'unknown option api.prot; did you mean port?'],
    ['[apy]', 'unknown option apy; did you mean api?'],
    ['[backends.a]\ndrivr = "sim"', 'unknown option backends.a.drivr; did you mean driver?'],
    ['[api]\nport = "8786"', 'api.port must be a whole number'],
    ['[api]\nport = 1.5', 'api.port must be a whole number'],
    ['[api]\nport = nan', 'api.port must be a whole number'],
    ['[api]\nport = 2020-01-01', 'api.port must be a whole number'],
    ['[api]\nport = -1', 'api.port must be >= 0'],
    ['[quota]\nshares = -2', 'quota.shares must be >= -1'],
    ['[shares]\nenabled_share_protocols = "NFS"', 'shares.enabled_share_protocols must be a list'],
    ['backends = []', 'backends must be a table: [backends]'],
    ['api = 3', 'api must be a table: [api]'],
    ['[[api]]\nport = 1', 'api must be a table: [api]'],
    ['[backends]\nx = 1', 'backends.x must be a table: [backends.x]'],
    ['[backends."a b"]', 'backends.a b: a name is letters, digits, _ and -, at most 60'],
    ['constructor = 1', 'unknown option constructor'],
    ['[__proto__]\nstate_dir = "/x"', 'unknown option __proto__'],
    [
      '[backends.a]\nmax_over_subscription_ratio = 0.5',
      'backends.a.max_over_subscription_ratio must be >= 1',
    ],
    ['state_dir = "\\u0000"', 'state_dir must not contain NUL or unpaired surrogates'],
  ])('%j', (toml, sentence) => {
    expect(refusal(() => fromText(toml))).toBe(sentence)
  })

  test('a file that is not there is named', () => {
    expect(refusal(() => loadSettings({ file: join(dir, 'none.toml') }))).toContain('none.toml')
  })

  test('what is not TOML is shown with its line', () => {
    expect(refusal(() => fromText('[api]\nport = = 1\n'))).toMatch(/manila\.toml: .*\n\n.*\n2: +port = = 1/s)
  })
})

const trustSays = 'true, false, a number of proxies from 0 to 20, or a list of networks'

describe('who is believed in front', () => {
  test.each([
    ['true', true],
    ['no', false],
    ['2', 2],
    ['10.0.0.0/8, ::1', ['10.0.0.0/8', '::1']],
  ])('%s in the environment', (text, value) => {
    expect(loadSettings({ environment: { MANILA_API__TRUST_PROXY: text } }).api.trust_proxy).toEqual(value)
  })

  test.each(['true', 'false', '1', '0', '["192.0.2.1", "2001:db8::/64"]'])('%s in the file', (toml) => {
    expect(fromText(`[api]\ntrust_proxy = ${toml}\n`).api.trust_proxy).toEqual(JSON.parse(toml))
  })
})

describe('the environment', () => {
  const set = (environment: NodeJS.ProcessEnv) => loadSettings({ environment })

  test('sets numbers, flags and lists of any table', () => {
    const settings = set({
      MANILA_API__PORT: '0',
      MANILA_API__TRUST_PROXY: 'yes',
      MANILA_SHARES__ENABLED_SHARE_PROTOCOLS: 'NFS, CEPHFS',
      MANILA_SCHEDULER__CAPACITY_WEIGHT_MULTIPLIER: '-1.5',
      HOME: '/root',
      MANILA_LOG: 'x',
    })
    expect(settings.api).toMatchObject({ port: 0, trust_proxy: true })
    expect(settings.shares.enabled_share_protocols).toEqual(['NFS', 'CEPHFS'])
    expect(settings.scheduler.capacity_weight_multiplier).toBe(-1.5)
  })

  test.each([
    [{ MANILA_API__PORT: 'http' }, 'api.port must be a whole number'],
    [{ MANILA_API__PORT: '' }, 'api.port must be a whole number'],
    [{ MANILA_API__TRUST_PROXY: 'maybe' }, `api.trust_proxy must be ${trustSays}`],
    [{ MANILA_API__TRUST_PROXY: '-1' }, `api.trust_proxy must be ${trustSays}`],
    [{ MANILA_API__TRUST_PROXY: '21' }, `api.trust_proxy must be ${trustSays}`],
    [{ MANILA_API__TRUST_PROXY: '10.0.0.0/8,10.1.1.1/33' }, 'api.trust_proxy: "10.1.1.1/33" is no network'],
    [{ MANILA_AUTH__ADMIN_NETWORKS: '1.2.3.999' }, 'auth.admin_networks: "1.2.3.999" is no network'],
    [
      { MANILA_API__PUBLIC_URL: 'http://a/"x' },
      'api.public_url must be a URL such as https://manila.example.org:8786',
    ],
    [{ MANILA_API__PROT: '1' }, 'unknown option api.prot; did you mean port?'],
    [{ MANILA_AIP__PORT: '1' }, 'unknown option aip; did you mean api?'],
  ])('%j is refused', (environment, sentence) => {
    expect(refusal(() => set(environment))).toBe(sentence)
  })
})

describe('paths', () => {
  test('relative ones are below state_dir, which is made absolute', () => {
    const settings = fromText('state_dir = "state"\n[database]\nurl = "sqlite:db/manila.db"\n')
    expect(settings.state_dir).toBe(join(process.cwd(), 'state'))
    expect(settings.database.url).toBe(`sqlite:${join(process.cwd(), 'state/db/manila.db')}`)
    expect(settings.auth.key_file).toBe(join(process.cwd(), 'state/token-key.json'))
  })

  test('drivers and exporters in files are found from the folder of the configuration', () => {
    const settings = fromText('[backends.a]\ndriver = "path:./mine.ts"\nexporter = "path:/opt/theirs.ts"\n')
    const { driver, exporter } = settings.backends.a!
    expect([driver, exporter]).toEqual([`path:${join(dir, 'mine.ts')}`, 'path:/opt/theirs.ts'])
  })

  test('the defaults land in state_dir itself', () => {
    const settings = fromText('state_dir = "/var/lib/manila"\n')
    expect(settings.database.url).toBe('sqlite:/var/lib/manila/manila.db')
    expect(settings.auth.key_file).toBe('/var/lib/manila/token-key.json')
  })

  test.each(['sqlite::memory:', 'sqlite:/srv/m.db'])('%s stays', (url) => {
    expect(fromText(`[database]\nurl = "${url}"\n`).database.url).toBe(url)
  })
})

describe('hostile files', () => {
  test('bytes of any kind are refused with a sentence or are a configuration', () => {
    fc.assert(
      fc.property(fc.oneof(fc.uint8Array({ maxLength: 200 }), fc.string({ maxLength: 200 })), (content) => {
        try {
          expect(fromText(content).api).toBeTypeOf('object')
        } catch (error) {
          expect(error).toBeInstanceOf(ConfigError)
        }
      }),
      { numRuns: 300 },
    )
  })

  test('any value under any known table is refused with a sentence or is what the schema says', () => {
    const value = fc.oneof(
      fc.string(),
      fc.integer(),
      fc.double({ noNaN: true }),
      fc.boolean(),
      fc.array(fc.string()),
    )
    const table = fc.constantFrom('api', 'database', 'auth', 'shares', 'scheduler', 'quota', 'backends')
    const key = fc.constantFrom('port', 'url', 'host', 'shares', 'slots', 'x')
    fc.assert(
      fc.property(table, key, value, (name, option, given) => {
        try {
          expect(fromText(stringify({ [name]: { [option]: given } }))).toBeTypeOf('object')
        } catch (error) {
          expect(error).toBeInstanceOf(ConfigError)
        }
      }),
      { numRuns: 300 },
    )
  })

  test('deep nesting ends in a sentence', () => {
    const deep = `a = ${'['.repeat(5000)}${']'.repeat(5000)}`
    expect(refusal(() => fromText(deep))).toContain('manila.toml')
  })

  test('nothing reaches the prototype of other objects', () => {
    for (const toml of ['[__proto__]\nhost = "evil"', '[constructor.prototype]\nhost = "evil"']) {
      try {
        fromText(toml)
      } catch {
        // Refusing it is right too.
      }
    }
    expect(({} as { host?: unknown }).host).toBeUndefined()
  })
})

describe('suggestions', () => {
  test('a name with one letter wrong finds its own', () => {
    const known = ['driver', 'exporter', 'slots', 'availability_zone']
    fc.assert(
      fc.property(fc.constantFrom(...known), fc.nat(4), (name, at) => {
        const wrong = `${name.slice(0, at)}${name.slice(at + 1)}`
        expect(nearest(wrong, known)).toBe(name)
      }),
    )
    expect(nearest('entirely_else', known)).toBeNull()
  })
})

describe('secrets elsewhere', () => {
  let dir: string
  beforeAll(() => {
    dir = mkdtempSync(join(tmpdir(), 'secrets-'))
  })
  afterAll(() => rmSync(dir, { recursive: true, force: true }))
  const file = (name: string, mode: number): string => {
    writeFileSync(join(dir, name), 'postgres://u:p@localhost/db\n', { mode })
    return join(dir, name)
  }
  const load = (url: unknown, environment: NodeJS.ProcessEnv = {}) =>
    loadSettings({ defaults: { database: { url } }, environment }).database.url

  test('in a file of its owner alone, or in the environment', () => {
    expect(load({ file: file('good', 0o600) })).toBe('postgres://u:p@localhost/db')
    expect(load({ env: 'DB' }, { DB: 'mariadb://[::1]/db' })).toBe('mariadb://[::1]/db')
  })

  test('are refused with a sentence that names the option and never the secret', () => {
    expect(() => load({ file: file('open', 0o644) })).toThrow(/^database.url: others may read .*chmod 600/)
    expect(() => load({ file: join(dir, 'absent') })).toThrow(/^database.url: .*no such file/)
    expect(() => load({ env: 'NOWHERE' })).toThrow('database.url: the environment has no NOWHERE')
  })

  test('reach what drivers are given', () => {
    const backend = { driver: 'sim', driver_options: { key: { env: 'KEY' }, file: 'x', deep: { file: 1 } } }
    const { backends } = loadSettings({ defaults: { backends: { a: backend } }, environment: { KEY: 'k' } })
    expect(backends.a?.driver_options).toEqual({ key: 'k', file: 'x', deep: { file: 1 } })
  })
})

describe('a Keystone', () => {
  const load = (keystone: Record<string, unknown>, environment: NodeJS.ProcessEnv = {}) =>
    loadSettings({ defaults: { auth: { backend: 'keystone', keystone } }, environment }).auth.keystone
  const whole = { auth_url: 'https://keystone.example:5000', password: 'secret' }

  test('is asked with what is configured, from the environment too', () => {
    expect(load(whole)).toMatchObject({ username: 'manila', project_name: 'service', token_cache_time_s: 60 })
    const environment = { MANILA_AUTH__KEYSTONE__TIMEOUT_S: '9', MANILA_AUTH__KEYSTONE__PASSWORD: 'other' }
    expect(load(whole, environment)).toMatchObject({ timeout_s: 9, password: 'other' })
    expect(() => load(whole, { MANILA_AUTH__KEYSTONE__PASWORD: 'x' })).toThrow(
      'unknown option auth.keystone.pasword; did you mean password?',
    )
  })

  test.each([
    [{ auth_url: '' }, 'auth.keystone.auth_url must say where Keystone is'],
    [{ password: '' }, 'auth.keystone needs username and password'],
    [{ cert_file: '/c.pem' }, 'auth.keystone.cert_file and auth.keystone.key_file go together'],
    [
      { auth_url: 'http://keystone.example:5000' },
      'auth.keystone.auth_url speaks in clear to keystone.example',
    ],
    [{ auth_url: 'ftp://keystone.example' }, 'auth.keystone.auth_url must be a URL such as https'],
    [{ www_authenticate_uri: 'https://x/"\r\nSet-Cookie: a' }, 'www_authenticate_uri must be a URL'],
  ])('%j is refused', (wrong, sentence) => {
    expect(() => load({ ...whole, ...wrong })).toThrow(sentence)
  })

  test('has all domains', () => {
    const auth = { backend: 'keystone', keystone: whole, domains: { people: { backend: 'db' } } }
    expect(() => loadSettings({ defaults: { auth } })).toThrow("auth.domains says where this service's own")
  })

  test('may be spoken to in clear on this host, and where an operator says so', () => {
    expect(load({ ...whole, auth_url: 'http://127.0.0.1:5000/v3' }).auth_url).toBe('http://127.0.0.1:5000/v3')
    const clear = { ...whole, auth_url: 'http://keystone.example:5000', allow_plaintext: true }
    expect(load(clear).allow_plaintext).toBe(true)
  })
})

describe('TLS of the API', () => {
  const client = { name: 'n', user: 'u', project: 'p' }
  const tls = { cert_file: '/c', key_file: '/k', client_ca_file: '/a', clients: [client] }
  const load = (wrong: object, auth: object = {}) =>
    loadSettings({ defaults: { api: { tls: { ...tls, ...wrong } }, auth } }).api.tls

  test.each([
    [{ key_file: '' }, 'api.tls.cert_file and api.tls.key_file go together'],
    [{ cert_file: '', key_file: '' }, 'api.tls.client_ca_file needs api.tls.cert_file'],
    [{ clients: [] }, 'api.tls.client_ca_file and [[api.tls.clients]] go together'],
    [{ clients: [client, client] }, 'two of [[api.tls.clients]] have the same name'],
    [{ clients: [{ ...client, role: 'admin' }] }, 'role'],
    [{ min_version: 'TLSv1' }, 'api.tls.min_version must be'],
  ])('%j is refused', (wrong, sentence) => {
    expect(() => load(wrong)).toThrow(sentence)
  })

  test('knows no accounts of a Keystone', () => {
    const keystone = { auth_url: 'https://k.example', password: 'x' }
    expect(() => load({}, { backend: 'keystone', keystone })).toThrow('are accounts of this service')
    expect(load({}).clients).toEqual([client])
  })
})

describe('rules of passwords', () => {
  const load = (passwords: object) => loadSettings({ defaults: { auth: { passwords } } }).auth.passwords

  test('let any password be one unless they say more', () => {
    expect(load({})).toMatchObject({
      min_length: 1,
      regex: '',
      password_expires_days: 0,
      memory_kib: 19_456,
      passes: 2,
    })
    expect(load({ regex: String.raw`^(?=.*\d).{7,}$` }).regex).toContain('{7,}')
  })

  test.each([
    [{ regex: '(' }, 'auth.passwords.regex: Invalid regular expression'],
    [{ memory_kib: 64 }, 'auth.passwords.memory_kib must be'],
    [{ password_expires_day: 3 }, 'did you mean password_expires_days?'],
  ])('%j is refused', (wrong, sentence) => {
    expect(() => load(wrong)).toThrow(sentence)
  })
})
