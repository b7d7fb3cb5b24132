import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { findEndpoint } from './catalog.ts'
import { settle } from './connect.ts'
import { hideSecrets } from './hide-secrets.ts'
import { identityUrl } from './keystone.ts'
import { rootOf, serviceUrl } from './microversion.ts'

let dir = ''
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'manila-sdk-'))
})
afterEach(() => rmSync(dir, { recursive: true }))

const place = (env: Record<string, string> = {}) => ({ env, cwd: join(dir, 'cwd'), home: join(dir, 'home') })
function file(path: string, text: string): string {
  const full = join(dir, path)
  mkdirSync(join(full, '..'), { recursive: true })
  writeFileSync(full, text)
  return full
}

const one = `clouds:
  one:
    auth: { auth_url: http://k/v3, username: u, project_name: p, user_domain_name: D }
    region_name: R
    share_api_version: '2.60'
`

describe('clouds.yaml', () => {
  test('is found here before home, and secure.yaml is laid over it', () => {
    file('home/.config/openstack/clouds.yaml', one.replace('username: u', 'username: other'))
    file('cwd/clouds.yaml', one)
    file('home/.config/openstack/secure.yaml', 'clouds: { one: { auth: { password: "007" } } }')
    expect(settle({ ...place(), cloud: 'one' })).toEqual({
      authUrl: 'http://k/v3',
      username: 'u',
      password: '007',
      projectName: 'p',
      userDomainName: 'D',
      region: 'R',
      apiVersion: '2.60',
    })
  })

  test('may be named by OS_CLIENT_CONFIG_FILE, and the cloud by OS_CLOUD', () => {
    const path = file('elsewhere.yaml', one)
    expect(settle(place({ OS_CLIENT_CONFIG_FILE: path, OS_CLOUD: 'one' })).username).toBe('u')
  })

  test('its only cloud needs no name; of several one must be named', () => {
    const path = file('cwd/clouds.yaml', one)
    expect(settle(place()).username).toBe('u')
    writeFileSync(path, `${one}  two: { auth: { auth_url: http://k } }\n`)
    expect(() => settle(place())).toThrow(
      'several clouds: name one with OS_CLOUD or --os-cloud: "one", "two"',
    )
  })

  test('says what is wrong: no file, no such cloud, a number for a password, broken YAML', () => {
    expect(() => settle({ ...place(), cloud: 'x' })).toThrow('There is no clouds.yaml for cloud "x"')
    const path = file('cwd/clouds.yaml', one)
    expect(() => settle({ ...place(), cloud: 'toString' })).toThrow('has no cloud "toString"; it has "one"')
    writeFileSync(path, 'clouds: { one: { auth: { password: 0123 } } }')
    expect(() => settle({ ...place(), cloud: 'one' })).toThrow('password looks like a number')
    writeFileSync(path, 'clouds: [')
    expect(() => settle({ ...place(), cloud: 'one' })).toThrow(`${path} cannot be read`)
  })

  test('credentials of the environment do not mix with those of a named cloud, its endpoint does', () => {
    file('cwd/clouds.yaml', one)
    const env = {
      OS_USERNAME: 'env',
      OS_PASSWORD: 'env',
      OS_SHARED_FILE_SYSTEM_ENDPOINT_OVERRIDE: 'http://m/v2',
    }
    const settled = settle({ ...place(env), cloud: 'one', region: 'Said' })
    expect(settled).toMatchObject({ username: 'u', endpoint: 'http://m/v2', region: 'Said' })
    expect(settled.password).toBeUndefined()
  })
})

test('variables alone are enough', () => {
  const env = {
    OS_AUTH_URL: 'http://k',
    OS_USERNAME: 'u',
    OS_PASSWORD: 'p',
    OS_PROJECT_ID: 'x',
    OS_INSECURE: 'yes',
    OS_TOKEN: '',
  }
  expect(settle(place(env))).toEqual({
    authUrl: 'http://k',
    username: 'u',
    password: 'p',
    projectId: 'x',
    insecure: true,
  })
})

describe('addresses', () => {
  test('of Keystone, with and without its version', () => {
    expect(identityUrl('http://k:5000')).toBe('http://k:5000/v3')
    expect(identityUrl('http://k/identity/v3/')).toBe('http://k/identity/v3')
    expect(() => identityUrl('http://k/v2.0')).toThrow('no longer exists')
    expect(() => identityUrl('k')).toThrow('not a URL')
  })

  test('of the service and its root, also below a prefix', () => {
    expect(serviceUrl('http://m:8786')).toBe('http://m:8786/v2')
    expect(serviceUrl('http://m/share/v2/abc/')).toBe('http://m/share/v2/abc')
    expect(rootOf('http://m/share/v2/abc')).toBe('http://m/share/')
    expect(rootOf('http://m/v2')).toBe('http://m/')
  })

  test('come from the official service type before the old one, in the wanted region and interface', () => {
    const entry = (type: string, region: string) => ({
      type,
      endpoints: ['public', 'internal'].map((face) => ({
        interface: face,
        region,
        url: `http://${type}/${region}/${face}`,
      })),
    })
    const catalog = [entry('sharev2', 'A'), entry('shared-file-system', 'A'), entry('sharev2', 'B')]
    expect(findEndpoint(catalog, {})).toBe('http://shared-file-system/A/public')
    expect(findEndpoint(catalog, { region: 'B', interface: 'internalURL' })).toBe('http://sharev2/B/internal')
    expect(() => findEndpoint(catalog, { region: 'C' })).toThrow('it has public in A')
    expect(() => findEndpoint([], {})).toThrow('no shared-file-system or sharev2 service at all')
  })
})

test('secrets are hidden at any depth, names are not', () => {
  expect(
    hideSecrets({
      'X-Auth-Token': 't',
      auth: { identity: { token: { id: 't' }, password: { user: { name: 'n', password: 'p' } } } },
      access_list: [{ access_key: 'k', access_to: 'a' }],
    }),
  ).toEqual({
    'X-Auth-Token': '***',
    auth: { identity: { token: { id: '***' }, password: { user: { name: 'n', password: '***' } } } },
    access_list: [{ access_key: '***', access_to: 'a' }],
  })
})
