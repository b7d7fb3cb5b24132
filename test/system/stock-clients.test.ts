/**
 * Debian's own clients, unchanged, against a service process: `openstack share …` (python3-openstackclient with
 * python3-manilaclient's plug-in) and the old `manila` shell.
 */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { until } from '../faults/world.ts'
import { startServiceProcess, type ServiceProcess } from '../helpers/service-process.ts'
import { hasStockClients, stockShell, type Ran, type StockShell } from '../helpers/stock-shell.ts'

const installed = hasStockClients()
const dir = mkdtempSync(join(tmpdir(), 'manila-stock-'))
let service: ServiceProcess

let openstackShell: StockShell

const openstack = (...args: string[]): Promise<Ran> =>
  openstackShell.run(['--os-cloud', 'manila-demo', ...args], { OS_CLIENT_CONFIG_FILE: service.clouds })

/** Runs, insists on success, and parses `-f json`. */
async function json(...args: string[]): Promise<never> {
  const { code, out, err } = await openstack(...args, '-f', 'json')
  expect({ args, code, err: code === 0 ? '' : err }).toEqual({ args, code: 0, err: '' })
  return JSON.parse(out) as never
}

async function silent(...args: string[]): Promise<void> {
  const { code, err } = await openstack(...args)
  expect({ args, code, err: code === 0 ? '' : err }).toEqual({ args, code: 0, err: '' })
}

beforeAll(async () => {
  if (!installed) return
  openstackShell = stockShell('openstackclient.shell', dir)
  service = await startServiceProcess({
    dir: join(dir, 'var'),
    kind: 'sim',
    settings: {
      backends: {
        alpha: {
          driver: 'sim',
          exporter: 'sim',
          driver_options: { pools: [{ name: 'p', total_gib: 500, thin: true }] },
        },
      },
    },
  })
})
afterAll(async () => {
  openstackShell?.end()
  await service?.stop()
  rmSync(dir, { recursive: true, force: true })
})

describe.skipIf(!installed)('stock clients (python3-openstackclient, python3-manilaclient)', () => {
  it('openstack share: the whole life of a share', async () => {
    const types: { Name: string; ID: string }[] = await json('share', 'type', 'list')
    expect(types.map(({ Name }) => Name)).toEqual(['default'])
    const created: Record<string, unknown> = await json(
      'share',
      'create',
      'NFS',
      '1',
      '--name',
      'a',
      '--wait',
    )
    expect(created).toMatchObject({ name: 'a', size: 1, status: 'available', share_proto: 'NFS' })
    const share: Record<string, unknown> = await json('share', 'show', 'a')
    expect(share).toMatchObject({ id: created.id, status: 'available' })
    expect(JSON.stringify(share.export_locations)).toContain('path')
    const listed: { Name: string; Status: string }[] = await json('share', 'list')
    expect(listed).toMatchObject([{ Name: 'a', Status: 'available' }])

    const rule: { id: string; access_to: string } = await json(
      'share',
      'access',
      'create',
      'a',
      'ip',
      '10.0.0.0/24',
      '--access-level',
      'ro',
    )
    expect(rule.access_to).toBe('10.0.0.0/24')
    type Rules = { State: string; 'Access Level': string }[]
    const rules = await until('the rule to be applied', 30_000, async () => {
      const listed: Rules = await json('share', 'access', 'list', 'a')
      return listed[0]?.State === 'active' ? listed : null
    })
    expect(rules).toMatchObject([{ State: 'active', 'Access Level': 'ro' }])

    const snapshot: { id: string } = await json('share', 'snapshot', 'create', 'a', '--name', 's', '--wait')
    const snapshots: { ID: string; Name: string }[] = await json('share', 'snapshot', 'list')
    expect(snapshots).toMatchObject([{ ID: snapshot.id, Name: 's' }])

    await silent('share', 'set', 'a', '--name', 'b', '--description', 'text', '--property', 'k=v')
    const renamed: Record<string, unknown> = await json('share', 'show', 'b')
    expect(renamed).toMatchObject({ name: 'b', description: 'text' })
    expect(JSON.stringify(renamed.properties)).toContain('k')

    await silent('share', 'resize', 'b', '2', '--wait')
    expect(await json('share', 'show', 'b')).toMatchObject({ size: 2, status: 'available' })

    const quota: Record<string, unknown> = await json('share', 'quota', 'show', 'demo')
    expect(quota).toMatchObject({ shares: 50, gigabytes: 1000 })

    await silent('share', 'access', 'delete', 'b', rule.id)
    await silent('share', 'snapshot', 'delete', 's', '--wait')
    await silent('share', 'delete', 'b', '--wait')
    expect(await json('share', 'list')).toEqual([])
  }, 180_000)

  it('openstack share: refusals are sentences', async () => {
    const { code, err } = await openstack('share', 'show', 'nothing-like-it')
    expect(code).not.toBe(0)
    expect(err).toMatch(/nothing-like-it/)
    const tooMuch = await openstack('share', 'create', 'NFS', '100000')
    expect(tooMuch.code).not.toBe(0)
    expect(tooMuch.err).toMatch(/Quota exceeded: gigabytes/)
  }, 60_000)

  it('the old manila shell: the same life', async () => {
    const { clouds } = parse(readFileSync(service.clouds, 'utf8')) as {
      clouds: Record<string, { auth: Record<string, string> }>
    }
    const auth = clouds['manila-demo']?.auth ?? {}
    const { run, end } = stockShell('manilaclient.shell', dir)
    const manila = async (...args: string[]): Promise<string> => {
      const { code, out, err } = await run(args, {
        OS_AUTH_URL: auth.auth_url ?? '',
        OS_USERNAME: auth.username ?? '',
        OS_PASSWORD: auth.password ?? '',
        OS_PROJECT_NAME: auth.project_name ?? '',
        OS_USER_DOMAIN_NAME: 'Default',
        OS_PROJECT_DOMAIN_NAME: 'Default',
        OS_IDENTITY_API_VERSION: '3',
      })
      expect({ args, code, err: code === 0 ? '' : err }).toEqual({ args, code: 0, err: '' })
      return out
    }
    expect(await manila('type-list')).toMatch(/default/)
    expect(await manila('create', 'NFS', '1', '--name', 'm', '--wait')).toMatch(/available/)
    expect(await manila('show', 'm')).toMatch(/export_locations/)
    expect(await manila('list')).toMatch(/\| m +\|/)
    expect(await manila('access-allow', 'm', 'ip', '10.1.0.1')).toMatch(/10\.1\.0\.1/)
    expect(await manila('access-list', 'm')).toMatch(/10\.1\.0\.1/)
    expect(await manila('snapshot-create', 'm', '--name', 'ms')).toMatch(/creating/)
    await until('the snapshot', 30_000, async () => /available/.test(await manila('snapshot-show', 'ms')))
    expect(await manila('snapshot-list')).toMatch(/ms/)
    await manila('update', 'm', '--name', 'n')
    await manila('extend', 'n', '2', '--wait')
    expect(await manila('quota-show')).toMatch(/gigabytes/)
    await manila('snapshot-delete', 'ms')
    await until('the snapshot to be gone', 30_000, async () => !/ms/.test(await manila('snapshot-list')))
    await manila('delete', 'n', '--wait')
    await until('the share to be gone', 30_000, async () => !/\| n +\|/.test(await manila('list')))
    end()
  }, 180_000)
})
