/**
 * Debian's `openstack` client, unchanged, and share groups: every command that it has of them, with every option of each. Which
 * there are is asked of the client itself; at the end it is printed how many of how many worked.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { until } from '../faults/world.ts'
import { hasStockClients } from '../helpers/stock-shell.ts'
import type { Who } from './identity-script.ts'
import { startGroupSession, type GroupSession } from './stock-groups.ts'

const installed = hasStockClients()
let bench: GroupSession
beforeAll(async () => {
  if (installed) bench = await startGroupSession('openstack')
})
afterAll(() => bench?.end())

interface Row {
  readonly [column: string]: unknown
}
const column = (rows: readonly Row[], name: string): string[] => rows.map((row) => String(row[name]))

describe.skipIf(!installed)('share groups with stock clients (python3-manilaclient)', () => {
  it('openstack share group …: types, access, groups, group snapshots, members', async () => {
    const demo: Who = { OS_CLIENT_CONFIG_FILE: bench.clouds, OS_CLOUD: 'manila-demo' }
    const { run, json, refused } = bench.open()
    const asDemo = (command: string, values = {}) => json(command, values, demo)

    // Types, their specs, and who may use them.
    await run(
      'share type create silver false --snapshot-support true --create-share-from-snapshot-support true',
    )
    const pairs = await json('share group type create pairs default silver --group-specs tier=1 speed=fast')
    expect(pairs).toMatchObject({ name: 'pairs', visibility: 'public', is_default: true })
    expect(pairs.share_types).toHaveLength(2)
    expect(pairs.group_specs).toEqual({ tier: '1', speed: 'fast' })
    const secret = await json('share group type create secret default --public false')
    expect(secret).toMatchObject({ visibility: 'private', is_default: false })
    expect(column(await asDemo('share group type list'), 'Name')).toEqual(['pairs'])
    expect(column(await json('share group type list --all'), 'Name').toSorted()).toEqual(['pairs', 'secret'])
    expect(column(await json('share group type list --group-specs tier=1'), 'Name')).toEqual(['pairs'])
    expect(await json('share group type list --group-specs tier=9')).toEqual([])
    await run('share group type set pairs --group-specs tier=2 colour=red')
    await run('share group type unset pairs speed colour')
    expect((await json('share group type show pairs')).group_specs).toEqual({ tier: '2' })
    // The clients take it for a boolean.
    await run('share group type set secret --group-specs consistent_snapshot_support=true')
    expect((await json(`share group type show ${secret.id}`)).group_specs).toEqual({
      consistent_snapshot_support: 'True',
    })
    await run('share group type access create secret demo --project-domain Default')
    expect(await json('share group type access list secret')).toHaveLength(1)
    expect(column(await asDemo('share group type list'), 'Name')).toHaveLength(2)
    await run('share group type access delete secret demo --project-domain Default')
    expect(await json('share group type access list secret')).toEqual([])
    expect(await refused('share group type access list pairs')).toMatch(/public share group type/)

    // Groups.
    const lab = await asDemo(
      'share group create --name lab --description {words} --share-types default silver --share-group-type pairs --availability-zone nova --wait',
      { words: 'what the lab keeps' },
    )
    expect(lab).toMatchObject({
      name: 'lab',
      status: 'available',
      description: 'what the lab keeps',
      share_group_type_id: pairs.id,
      availability_zone: 'nova',
      consistent_snapshot_support: null,
    })
    expect(lab.share_types.toSorted()).toEqual(pairs.share_types.toSorted())
    const plain = await asDemo('share group create --name plain')
    expect(plain.share_group_type_id).toBe(pairs.id)
    await until('the plain group', 30_000, async () =>
      (await asDemo('share group show plain')).status === 'available' ? true : null,
    )
    const names = async (options: string, values = {}, who = demo): Promise<unknown[]> =>
      column(await json(`share group list ${options}`, values, who), 'Name')
    // The client takes --sort and does not send it: the order is the service's, the newest first.
    expect(await names('--sort name:asc')).toEqual(['plain', 'lab'])
    expect(await names('--name lab --status available --share-group-type pairs')).toEqual(['lab'])
    expect(await names('--description {words}', { words: 'what the lab keeps' })).toEqual(['lab'])
    expect(await names('--name~ la --description~ keeps')).toEqual(['lab'])
    expect(await names('--limit 1')).toHaveLength(1)
    expect(await names(`--marker ${plain.id}`)).toEqual(['lab'])
    const { host } = await json('share group show lab')
    expect(host).toMatch(/@alpha#p$/)
    expect(await names('--host {host}', { host })).toContain('lab')
    const everywhere = await json('share group list --all-projects --project demo --project-domain Default')
    expect(column(everywhere, 'Name').toSorted()).toEqual(['lab', 'plain'])
    expect(column(everywhere, 'Project ID')).toEqual([lab.project_id, lab.project_id])
    await run('share group set plain --name simple --description short', {}, demo)
    await run('share group set simple --status error')
    expect(await asDemo('share group show simple')).toMatchObject({ description: 'short', status: 'error' })
    await run('share group unset simple --name --description', {}, demo)
    expect(await asDemo(`share group show ${plain.id}`)).toMatchObject({ name: null, description: null })

    // Shares in a group.
    for (const [name, type] of Object.entries({ one: 'default', two: 'silver' })) {
      const created = await asDemo(
        `share create NFS 1 --name ${name} --share-type ${type} --share-group lab --wait`,
      )
      expect(created).toMatchObject({ status: 'available', share_group_id: lab.id })
    }
    expect(column(await asDemo('share list --share-group lab'), 'Name').toSorted()).toEqual(['one', 'two'])
    expect(await refused('share group delete lab', {}, demo)).toMatch(/1 of 1 share groups failed/)

    // Group snapshots and their members.
    const monday = await asDemo('share group snapshot create lab --name monday --description first --wait')
    expect(monday).toMatchObject({ name: 'monday', status: 'available', share_group_id: lab.id })
    const tuesday = await asDemo('share group snapshot create lab --name tuesday --wait')
    const taken = async (options: string, who = demo): Promise<unknown[]> =>
      column(await json(`share group snapshot list ${options}`, {}, who), 'Name')
    expect(await taken('--sort name:desc')).toEqual(['tuesday', 'monday'])
    expect(await taken('--name monday --status available --share-group lab')).toEqual(['monday'])
    expect(await taken('--limit 1')).toHaveLength(1)
    expect(await taken(`--marker ${tuesday.id}`)).toEqual(['monday'])
    expect(await asDemo('share group snapshot list --detailed')).toMatchObject([
      { 'Share Group ID': lab.id },
      { 'Share Group ID': lab.id },
    ])
    expect(await json('share group snapshot list --all-projects')).toHaveLength(2)
    const members: Row[] = await asDemo('share group snapshot members list monday')
    expect(column(members, 'Size')).toEqual(['1', '1'])
    await run('share group snapshot set tuesday --name later --description second', {}, demo)
    await run('share group snapshot set later --status error')
    expect(await asDemo('share group snapshot show later')).toMatchObject({
      description: 'second',
      status: 'error',
    })
    await run('share group snapshot unset later --name --description', {}, demo)
    // It sends empty texts to clear them.
    const cleared = await asDemo(`share group snapshot show ${tuesday.id}`)
    expect([cleared.name ?? '', cleared.description ?? '']).toEqual(['', ''])

    // What can't be had: a mistake of the client, which fails before it asks for anything, or a noun that the service has not.
    const unable: Record<string, string> = {
      'share delete --share-group': 'the client reads a variable that has no value',
      'share group create --share-network': 'there are no share networks yet',
      'share group create --source-share-group-snapshot': 'the client looks in a manager that it lacks',
      'share group list --share-network': 'there are no share networks yet',
      'share group list --share-server': 'there are no share servers yet',
      'share group list --snapshot': 'the client uses a module that it does not import',
    }
    for (const [command, why] of [
      ['share delete one --share-group lab', /share_group_id/],
      ['share group create --share-network n', /No sharenetwork/],
      [
        'share group create --source-share-group-snapshot monday',
        /no attribute 'source_share_group_snapshots'/,
      ],
      ['share group list --share-network n', /No sharenetwork/],
      ['share group list --share-server n', /No shareserver/],
      ['share group list --snapshot monday', /'apiutils' is not defined/],
    ] as const)
      expect(await refused(command, {}, demo)).toMatch(why)

    // And all of it goes.
    await run('share group snapshot delete monday --wait', {}, demo)
    await run(`share group snapshot delete --force --wait ${tuesday.id}`)
    expect(await asDemo('share group snapshot list')).toEqual([])
    await run(`share group delete --wait ${plain.id}`, {}, demo)
    await run('share group delete --force --wait lab')
    expect(await asDemo('share group list')).toEqual([])
    await until('the shares of the group to be gone', 60_000, async () =>
      (await asDemo('share list')).length === 0 ? true : null,
    )
    await run('share group type delete pairs secret')
    expect(await json('share group type list --all')).toEqual([])
    bench.settle(unable)
  }, 600_000)
})
