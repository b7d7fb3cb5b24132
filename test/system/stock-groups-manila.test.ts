/** The old `manila` shell, unchanged, and share groups: every command and option that it has of them, as for `openstack`. */
import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { until } from '../faults/world.ts'
import { hasStockClients } from '../helpers/stock-shell.ts'
import { person, type Who } from './identity-script.ts'
import { startGroupSession, type GroupSession } from './stock-groups.ts'

const installed = hasStockClients()
let bench: GroupSession
beforeAll(async () => {
  if (installed) bench = await startGroupSession('manila')
})
afterAll(() => bench?.end())

/** What a table that the old shell prints holds in these columns; it has no other form. */
function cells(table: string, ...names: readonly string[]): string[][] {
  const lines = table.split('\n').filter((line) => line.startsWith('|'))
  const [head = [], ...rows] = lines.map((line) =>
    line
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim()),
  )
  const at = names.map((name) => head.findIndex((one) => one.toLowerCase() === name.toLowerCase()))
  return rows.map((row) => at.map((place) => row[place] ?? ''))
}
const fields = (table: string): Readonly<Record<string, string>> =>
  Object.fromEntries(cells(table, 'Property', 'Value'))

describe.skipIf(!installed)('share groups with the old manila shell', () => {
  it('share-group-…: the same, and a group from a group snapshot', async () => {
    const { clouds } = parse(readFileSync(bench.clouds, 'utf8')) as {
      clouds: Record<'manila-admin' | 'manila-demo', { auth: Record<string, string> }>
    }
    const who = (cloud: 'manila-admin' | 'manila-demo'): Who => {
      const { username = '', password = '', project_name = '' } = clouds[cloud].auth
      const project = { OS_PROJECT_NAME: project_name, OS_PROJECT_DOMAIN_NAME: 'Default' }
      return person(bench.clouds, username, password, 'Default', project)
    }
    const demo = who('manila-demo')
    const { run, refused } = bench.open({ admin: who('manila-admin') })
    const asDemo = (command: string) => run(command, {}, demo)

    // Types, their specs, and who may use them.
    await run('type-create bronze false --snapshot_support true --create_share_from_snapshot_support true')
    await run('share-group-type-create pairs default,bronze --is-public true --group-specs tier=1')
    await run('share-group-type-create secret default --is-public false')
    const types = await run('share-group-type-list --all --columns name,is_default')
    expect(cells(types, 'name')).toEqual(expect.arrayContaining([['pairs'], ['secret']]))
    await run('share-group-type-key pairs set tier=2 speed=fast')
    await run('share-group-type-key pairs unset speed')
    expect(await run('share-group-type-specs-list --columns name,all_extra_specs')).toMatch(/pairs/)
    const lab = async (): Promise<Readonly<Record<string, string>>> =>
      fields(await asDemo('share-group-show lab'))
    await asDemo(
      'share-group-create --name lab --description first --share-types default,bronze --share-group-type pairs --az nova --wait',
    )
    const { id = '', status, project_id: project = '', host = '' } = await lab()
    expect(status).toBe('available')
    await run(`share-group-type-access-add secret ${project}`)
    expect(await run('share-group-type-access-list secret')).toContain(project)
    await run(`share-group-type-access-remove secret ${project}`)
    expect(await run('share-group-type-access-list secret')).not.toContain(project)

    // Groups.
    const named = async (options: string, as = demo): Promise<string[][]> =>
      cells(await run(`share-group-list ${options}`.trim(), {}, as), 'Name')
    expect(await named('')).toEqual([['lab']])
    for (const filter of [
      '--name lab --description first --status available',
      '--share-group-type pairs --limit 1 --offset 0 --sort-key name --sort-dir asc --columns id,name',
      '--name~ la --description~ fir',
    ])
      expect(await named(filter)).toEqual([['lab']])
    const admin = who('manila-admin')
    expect(await named(`--all-tenants --host ${host} --project-id ${project}`, admin)).toEqual([['lab']])
    expect(await named(`--share-server-id ${id}`, admin)).toEqual([])
    await asDemo('share-group-update lab --name lab2 --description second')
    await run('share-group-reset-state lab2 --state error')
    expect(fields(await asDemo('share-group-show lab2'))).toMatchObject({
      description: 'second',
      status: 'error',
    })
    await run('share-group-reset-state lab2 --state available')
    await asDemo('share-group-update lab2 --name lab')

    // Shares in it, its snapshots, and a group from one of them.
    await asDemo('create NFS 1 --name one --share-type default --share-group lab --wait')
    await asDemo('create NFS 1 --name two --share-type bronze --share-group lab --wait')
    expect(
      cells(await asDemo('list --share-group lab --columns name'), 'Name')
        .flat()
        .toSorted(),
    ).toEqual(['one', 'two'])
    const done = (name: string) =>
      until(`the group snapshot ${name}`, 30_000, async () =>
        fields(await asDemo(`share-group-snapshot-show ${name}`)).status === 'available' ? true : null,
      )
    await asDemo('share-group-snapshot-create lab --name monday --description first')
    await done('monday')
    await asDemo('share-group-snapshot-create lab --name tuesday')
    await done('tuesday')
    for (const filter of [
      '--name monday --status available --detailed 1',
      `--share-group-id ${id} --limit 1 --offset 1 --sort-key name --sort-dir desc --columns id,name`,
    ])
      expect(cells(await asDemo(`share-group-snapshot-list ${filter}`), 'Name')).toEqual([['monday']])
    expect(cells(await run('share-group-snapshot-list --all-tenants 1'), 'Name')).toHaveLength(2)
    const members = await asDemo('share-group-snapshot-list-members monday --columns share_id,size')
    expect(cells(members, 'Size')).toEqual([['1'], ['1']])
    await asDemo('share-group-snapshot-update tuesday --name later --description second')
    await run('share-group-snapshot-reset-state later --state error')
    const copied = fields(
      await asDemo('share-group-create --name copy --source-share-group-snapshot monday --wait'),
    )
    expect(copied).toMatchObject({ status: 'available' })
    expect(cells(await asDemo('list --share-group copy --columns status'), 'Status')).toEqual([
      ['available'],
      ['available'],
    ])

    const unable: Record<string, string> = {
      'share-group-create --share-network': 'there are no share networks yet',
      'share-group-list --share-network': 'there are no share networks yet',
      'share-group-list --snapshot': 'the client seeks a share snapshot where it says group snapshot',
    }
    for (const [command, why] of [
      ['share-group-create --share-network n', /No sharenetwork|not found/i],
      ['share-group-list --share-network n', /No sharenetwork|not found/i],
      ['share-group-list --snapshot monday', /No sharesnapshot/],
    ] as const)
      expect(await refused(command, {}, demo)).toMatch(why)

    // And all of it goes.
    await run('share-group-snapshot-delete --force later')
    await asDemo('share-group-snapshot-delete monday')
    await until('the group snapshot to be gone', 30_000, async () =>
      cells(await asDemo('share-group-snapshot-list'), 'Name').length === 0 ? true : null,
    )
    await asDemo('delete one two --share-group lab --wait')
    await asDemo('share-group-delete lab --wait')
    await run('share-group-delete copy --force')
    expect(await named('')).toEqual([])
    await run('share-group-type-delete pairs')
    await run('share-group-type-delete secret')
    bench.settle(unable)
  }, 600_000)
})
