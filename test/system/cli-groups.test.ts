/** Our own command line against a running service: the whole life of a share group, as the guide writes it. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { cli } from '../../src/cli/cli.fixture.ts'
import { startServiceProcess, type ServiceProcess } from '../helpers/service-process.ts'

const dir = mkdtempSync(join(tmpdir(), 'manila-cli-groups-'))
let service: ServiceProcess
beforeAll(async () => {
  const pools = [{ name: 'p', total_gib: 500, thin: true }]
  service = await startServiceProcess({
    dir,
    kind: 'sim',
    settings: {
      shares: { default_share_group_type: 'pairs' },
      backends: { alpha: { driver: 'sim', exporter: 'sim', driver_options: { pools } } },
    },
  })
})
afterAll(async () => {
  await service?.stop()
  rmSync(dir, { recursive: true, force: true })
})

async function manila(line: string, cloud = 'manila-demo') {
  const { code, out, err } = await cli(line, { OS_CLIENT_CONFIG_FILE: service.clouds, OS_CLOUD: cloud })
  return { code, err, rows: out.split('\n').filter((row) => row !== '') }
}

/** What it prints, a row each; insists on success. */
async function done(line: string, cloud?: string): Promise<string[]> {
  const { code, err, rows } = await manila(line, cloud)
  expect([line, code, code === 0 ? '' : err]).toEqual([line, 0, ''])
  return rows
}

it('a group with shares, its snapshot, and the same group again', async () => {
  const brief = '-f value -c name -c status'
  await done('group type create pairs default --group-specs tier=1', 'manila-admin')
  expect(await done('group type list -f value -c Name')).toEqual(['pairs'])
  expect(await done(`group create --name lab --wait ${brief}`)).toEqual(['lab', 'available'])
  await done('share create NFS 1 --name data --share-group lab --wait')
  expect(await done(`group snapshot create lab --name monday --wait ${brief}`)).toEqual([
    'monday',
    'available',
  ])
  expect(await done('group snapshot members list monday -f value -c Size')).toEqual(['1'])

  const again = `group create --source-share-group-snapshot monday --name lab-monday --wait ${brief}`
  expect(await done(again)).toEqual(['lab-monday', 'available'])
  expect(await done('share list --share-group lab-monday -f value -c Size -c Status')).toEqual([
    '1 available',
  ])

  // What stands in the way is said, and nothing is lost by asking.
  const kept = await manila('group delete lab')
  expect([kept.code, kept.rows]).toEqual([1, []])
  expect(kept.err).toMatch(/→ 409 /)
  await done('group snapshot delete monday --wait')
  await done('share delete data --share-group lab --wait')
  await done('group delete lab --wait')
  // An administrator names what is another project's by its id.
  const [id = ''] = await done('group show lab-monday -f value -c id')
  await done(`group delete ${id} --force --wait`, 'manila-admin')
  expect(await done('group list -f value -c Name')).toEqual([])
}, 120_000)
