import { afterEach, describe, expect, test } from 'vitest'
import { oneAfterAnother, type Asked, type FakeService, type Said } from '../sdk/fake-service.fixture.ts'
import { manilaAtFake, no } from './cli.fixture.ts'

const { manila, end } = manilaAtFake()
afterEach(end)

const group = (fields: object = {}) => ({
  id: 'g1',
  name: 'lab',
  status: 'available',
  description: null,
  share_types: ['t1'],
  project_id: 'p1',
  links: [],
  ...fields,
})
const groupSnapshot = { id: 'gs1', name: 'monday', status: 'available', share_group_id: 'g1', members: [] }
const groupType = {
  id: 'gt1',
  name: 'pairs',
  is_public: false,
  is_default: false,
  share_types: ['t1'],
  group_specs: { tier: '1' },
}
const member = { id: 'm1', share_id: 's1', size: 2, share_protocol: 'NFS', created_at: '2026-01-01T00:00:00' }

/** One of each noun; everything that changes them is taken. */
function groups({ method, path, query }: Asked): Said {
  const named = (key: string, row: { readonly name: string }): Said => ({
    body: { [key]: [undefined, null, row.name].includes(query.get('name')) ? [row] : [] },
  })
  if (method === 'DELETE' || path.endsWith('/action')) return { status: 202 }
  if (path === '/types') return { body: { share_types: [{ id: 't1', name: 'gold' }] } }
  if (path === '/types/t1') return { body: { share_type: { id: 't1', name: 'gold', extra_specs: {} } } }
  if (path === '/share-groups' && method === 'POST')
    return { status: 202, body: { share_group: group({ status: 'creating' }) } }
  if (path === '/share-groups' || path === '/share-groups/detail') return named('share_groups', group())
  if (path === '/share-groups/g1') return { body: { share_group: group() } }
  if (path === '/share-group-snapshots' && method === 'POST')
    return { status: 202, body: { share_group_snapshot: { ...groupSnapshot, status: 'creating' } } }
  if (path === '/share-group-snapshots' || path === '/share-group-snapshots/detail')
    return named('share_group_snapshots', groupSnapshot)
  if (path === '/share-group-snapshots/gs1') return { body: { share_group_snapshot: groupSnapshot } }
  if (path === '/share-group-snapshots/gs1/members')
    return { body: { share_group_snapshot_members: [member] } }
  if (path === '/share-group-types')
    return { body: method === 'POST' ? { share_group_type: groupType } : { share_group_types: [groupType] } }
  if (path === '/share-group-types/gt1') return { body: { share_group_type: groupType } }
  if (path === '/share-group-types/gt1/group-specs') return { body: { group_specs: {} } }
  if (path === '/share-group-types/gt1/access')
    return { body: { share_group_type_access: [{ share_group_type_id: 'gt1', project_id: 'p1' }] } }
  if (path === '/shares/s1') return { body: { share: { id: 's1', name: 'a', status: 'available' } } }
  if (path === '/shares' && method === 'POST') return { body: { share: { id: 's1', name: 'a' } } }
  if (path === '/shares/detail') return { body: { shares: [] } }
  if (path === '/identity/v3/projects/p1') return { body: { project: { id: 'p1', name: 'demo' } } }
  return no('Not found.')
}

/** The last request that was sent, as one line. */
function last(service: FakeService, among: (asked: Asked) => boolean): string {
  const { method, path, query, body } = service.asked.filter(among).at(-1) ?? {}
  query?.delete('limit')
  return [
    `${method} ${path?.replace(/^\/v2/, '')}`,
    String(query),
    body === undefined ? '' : JSON.stringify(body),
  ]
    .filter((part) => part !== '')
    .join(' ')
}
const changes = ({ method, path }: Asked): boolean => method !== 'GET' && !path.startsWith('/identity')

describe('commands about groups send what they say', () => {
  test.each([
    ['group create', 'POST /share-groups {"share_group":{}}'],
    [
      'group create --name lab --description d --share-types gold --share-types t1 --share-group-type pairs --availability-zone z --share-network n',
      'POST /share-groups {"share_group":{"name":"lab","description":"d","share_types":["t1","t1"],"share_group_type_id":"gt1","share_network_id":"n","availability_zone":"z"}}',
    ],
    [
      'group create --source-share-group-snapshot monday',
      'POST /share-groups {"share_group":{"source_share_group_snapshot_id":"gs1"}}',
    ],
    ['group set lab --name new', 'PUT /share-groups/g1 {"share_group":{"name":"new"}}'],
    ['group set lab --status error', 'POST /share-groups/g1/action {"reset_status":{"status":"error"}}'],
    ['group unset lab --description', 'PUT /share-groups/g1 {"share_group":{"description":null}}'],
    ['group delete lab', 'DELETE /share-groups/g1'],
    ['group delete lab --force', 'POST /share-groups/g1/action {"force_delete":null}'],
    [
      'group snapshot create lab --name monday --description d',
      'POST /share-group-snapshots {"share_group_snapshot":{"share_group_id":"g1","name":"monday","description":"d"}}',
    ],
    [
      'group snapshot set monday --description new',
      'PUT /share-group-snapshots/gs1 {"share_group_snapshot":{"description":"new"}}',
    ],
    [
      'group snapshot set monday --status error',
      'POST /share-group-snapshots/gs1/action {"reset_status":{"status":"error"}}',
    ],
    [
      'group snapshot unset monday --name',
      'PUT /share-group-snapshots/gs1 {"share_group_snapshot":{"name":null}}',
    ],
    ['group snapshot delete monday', 'DELETE /share-group-snapshots/gs1'],
    ['group snapshot delete monday --force', 'POST /share-group-snapshots/gs1/action {"force_delete":null}'],
    [
      'group type create pairs gold --group-specs tier=1 --public false',
      'POST /share-group-types {"share_group_type":{"name":"pairs","share_types":["t1"],"group_specs":{"tier":"1"},"is_public":false}}',
    ],
    [
      'group type set pairs --group-specs tier=2',
      'POST /share-group-types/gt1/group-specs {"group_specs":{"tier":"2"}}',
    ],
    ['group type unset pairs tier', 'DELETE /share-group-types/gt1/group-specs/tier'],
    ['group type delete pairs', 'DELETE /share-group-types/gt1'],
    [
      'group type access create pairs p1',
      'POST /share-group-types/gt1/action {"addProjectAccess":{"project":"p1"}}',
    ],
    [
      'group type access delete pairs p1',
      'POST /share-group-types/gt1/action {"removeProjectAccess":{"project":"p1"}}',
    ],
    [
      'share create NFS 1 --share-group lab',
      'POST /shares {"share":{"share_proto":"NFS","size":1,"share_group_id":"g1"}}',
    ],
    ['share delete s1 --share-group lab', 'DELETE /shares/s1 share_group_id=g1'],
  ])('%s', async (line, expected) => {
    const { code, err, service } = await manila(line, groups)
    expect([code, err]).toEqual([0, ''])
    expect(last(service, changes)).toBe(expected)
  })

  test.each([
    ['group list', '/share-groups/detail'],
    ['group list --all-projects', '/share-groups/detail all_tenants=1'],
    [
      'group list --share-group-type pairs --snapshot monday --status error',
      '/share-groups/detail status=error&share_group_type_id=gt1&source_share_group_snapshot_id=gs1',
    ],
    [
      'group list --project p1 --host h@b#p --sort name:asc',
      '/share-groups/detail all_tenants=1&host=h%40b%23p&project_id=p1&sort_key=name&sort_dir=asc',
    ],
    ['group list --name~ l --description~ d', '/share-groups/detail name%7E=l&description%7E=d'],
    [
      'group snapshot list --share-group lab',
      '/share-group-snapshots/detail all_tenants=1&share_group_id=g1',
    ],
    ['group snapshot list --status error --detailed', '/share-group-snapshots/detail status=error'],
    ['group snapshot members list monday', '/share-group-snapshots/gs1/members'],
    [
      'group type list --all --group-specs tier=1',
      '/share-group-types is_public=all&group_specs=%7B%22tier%22%3A%221%22%7D',
    ],
    ['group type access list pairs', '/share-group-types/gt1/access'],
    ['share list --share-group lab', '/shares/detail share_group_id=g1&all_tenants=1'],
  ])('%s', async (line, expected) => {
    const { code, err, service } = await manila(line, groups)
    expect([code, err]).toEqual([0, ''])
    expect(last(service, ({ path }) => path.startsWith('/v2/'))).toBe(`GET ${expected}`)
  })
})

describe('what they show', () => {
  const printed = async (line: string): Promise<unknown> => {
    const { code, err, out } = await manila(`${line} -f json`, groups)
    expect([code, err]).toEqual([0, ''])
    return JSON.parse(out)
  }

  test('of one: its fields without links', async () => {
    const { links: _, ...fields } = group()
    expect(await printed('group show lab')).toEqual(fields)
    expect(await printed('group snapshot show monday')).toEqual(groupSnapshot)
    const { is_public: _open, ...rest } = groupType
    expect(await printed('group type show pairs')).toEqual({ ...rest, visibility: 'private' })
  })

  test('of many: columns, and more when asked', async () => {
    const few = { ID: 'g1', Name: 'lab', Status: 'available', Description: null }
    expect(await printed('group list')).toEqual([few])
    expect(await printed('group list --project p1')).toEqual([{ ...few, 'Project ID': 'p1' }])
    expect(await printed('group list --long')).toEqual([
      expect.objectContaining({ ...few, 'Share Types': ['t1'] }),
    ])
    expect(await printed('group snapshot list --detailed')).toEqual([
      expect.objectContaining({ ID: 'gs1', 'Share Group ID': 'g1' }),
    ])
    expect(await printed('group snapshot members list monday')).toEqual([
      expect.objectContaining({ 'Share ID': 's1', Size: 2 }),
    ])
    expect(await printed('group type list')).toEqual([
      expect.objectContaining({ Name: 'pairs', Visibility: 'private', 'Group Specs': { tier: '1' } }),
    ])
  })
})

describe('--wait', () => {
  test('shows the group as it is at the end', async () => {
    const status = oneAfterAnother(
      { body: { share_group: group({ status: 'creating' }) } },
      { body: { share_group: group() } },
    )
    const answer = (asked: Asked): Said => (asked.path === '/share-groups/g1' ? status() : groups(asked))
    const { code, out, err } = await manila('group create --name lab --wait -f value -c status', answer)
    expect([code, out, err]).toEqual([0, 'available\n', 'create group lab: creating (0 s)\n'])
  })

  test('says what to ask when it ended in error', async () => {
    const answer = (asked: Asked): Said =>
      asked.path === '/share-group-snapshots/gs1'
        ? { body: { share_group_snapshot: { ...groupSnapshot, status: 'error' } } }
        : groups(asked)
    const { code, err } = await manila('group snapshot create lab --wait', answer)
    expect(code).toBe(1)
    expect(err).toContain('create group snapshot gs1 failed: its status is error.')
    expect(err).toContain('manila message list --resource-id gs1')
  })

  test('waits until a deleted group is gone', async () => {
    const seen = oneAfterAnother(
      { body: { share_group: group() } },
      { body: { share_group: group({ status: 'deleting' }) } },
      no('gone'),
    )
    const answer = (asked: Asked): Said =>
      asked.path === '/share-groups/g1' && asked.method === 'GET' ? seen() : groups(asked)
    const { code, err } = await manila('group delete g1 --wait', answer)
    expect([code, err]).toEqual([0, 'delete group g1: deleting (0 s)\n'])
  })
})

test('a line that changes nothing is refused before anything is sent', async () => {
  for (const line of [
    'group set lab',
    'group unset lab',
    'group snapshot set monday',
    'group type set pairs',
  ]) {
    const { code, service } = await manila(line, groups)
    expect([line, code, service.asked]).toEqual([line, 2, []])
  }
})

test('before 2.31 there are no groups, and that is said', async () => {
  const { code, err } = await manila('--os-share-api-version 2.30 group list', groups)
  expect(code).toBe(1)
  expect(err).toContain('needs API version 2.31 or later')
})
