import { readFileSync } from 'node:fs'
import { execFileSync } from 'node:child_process'
import { afterEach, describe, expect, test } from 'vitest'
import { oneAfterAnother, type Asked, type FakeService, type Said } from '../sdk/fake-service.fixture.ts'
import { cli, manilaAtFake, no } from './cli.fixture.ts'
import { completionScript } from './completion.ts'
import { allCommands, commandsOf, firstWords } from './commands/index.ts'
import { cliGoldens } from './golden.ts'
import { fromOpenstack } from './openstack-words.ts'
import { barLine, progressView } from './progress.ts'

const { manila, end } = manilaAtFake()
afterEach(end)

const share = (fields: object = {}) => ({
  id: 's1',
  name: 'a',
  size: 1,
  status: 'available',
  links: [],
  metadata: {},
  ...fields,
})

/** One share that is called `a`; several that are called `twin`. */
function shares({ method, path, query }: Asked): Said {
  if (path === '/shares/s1') return method === 'DELETE' ? { status: 202 } : { body: { share: share() } }
  if (path === '/shares/s1/export_locations')
    return { body: { export_locations: [{ id: 'e1', path: 'h:/p' }] } }
  if (path === '/shares/detail') return { body: { shares: [share()] } }
  if (path !== '/shares') return no('ShareNotFound: Share x could not be found.')
  if (method === 'POST') return { body: { share: share({ status: 'creating' }) } }
  const named = {
    a: [{ id: 's1', name: 'a' }],
    twin: [
      { id: 't1', name: 'twin' },
      { id: 't2', name: 'twin' },
    ],
  }
  return { body: { shares: named[query.get('name') as 'a'] ?? [] } }
}

describe('names', () => {
  test('are tried as id, then as name', async () => {
    const { code, out, service } = await manila('share show a -f value -c id', shares)
    expect([code, out]).toEqual([0, 's1\n'])
    expect(service.asked.filter(({ path }) => path.startsWith('/v2/shares')).map(({ path }) => path)).toEqual(
      ['/v2/shares/a', '/v2/shares', '/v2/shares/s1', '/v2/shares/s1/export_locations'],
    )
  })

  test('that several have are refused with their ids', async () => {
    const { code, err } = await manila('share show twin', shares)
    expect(code).toBe(1)
    expect(err).toBe('2 shares are called "twin"; name one by its id:\n  t1\n  t2\n')
  })

  test('that nobody has are an error, and the others are still done', async () => {
    const { code, err, service } = await manila('share delete nobody a', shares)
    expect(code).toBe(1)
    expect(err).toContain(
      '1 of 2 could not be deleted:\n  nobody: There is no share with id or name "nobody".',
    )
    expect(service.to('DELETE /v2/shares/s1')).toHaveLength(1)
  })
})

describe('projects and users', () => {
  const gone = 'dddddddddddddddddddddddddddddddd'
  const projects = [
    { id: 'p-lab', name: 'lab' },
    { id: 'p-1', name: 'twin' },
    { id: 'p-2', name: 'twin' },
  ]
  const users = [{ id: 'u-ann', name: 'ann' }]
  /** A Keystone that tells all, and a Manila that takes everything. */
  function everybody({ method, path, query }: Asked): Said {
    const [, noun = '', id] = /^\/identity\/v3\/(projects|users)(?:\/(.*))?$/.exec(path) ?? []
    if (noun !== '') {
      const all = noun === 'projects' ? projects : users
      if (id === undefined) return { body: { [noun]: all.filter(({ name }) => name === query.get('name')) } }
      const one = all.find((known) => known.id === id)
      return one === undefined ? no(`Could not find ${id}.`) : { body: { [noun.slice(0, -1)]: one } }
    }
    if (path === '/types/t1') return { body: { share_type: { id: 't1', name: 't1', extra_specs: {} } } }
    if (method !== 'GET') return { status: path.startsWith('/types') ? 202 : 200, body: { quota_set: {} } }
    if (path.startsWith('/quota-sets')) return { body: { quota_set: {} } }
    return { body: { shares: [], resource_locks: [], operations: [], snapshots: [] } }
  }
  /** What Manila was asked besides names of its own. */
  const sent = (service: FakeService): string[] =>
    service.asked
      .filter(({ path, method }) => /^\/v2\/(?!types\/t1$|capabilities)/.test(path) || method === 'POST')
      .filter(({ path }) => path.startsWith('/v2'))
      .map(({ method, path, query, body }) =>
        [method, path, query.toString(), body === undefined ? '' : JSON.stringify(body)].join(' ').trim(),
      )

  test.each([
    ['quota show lab', 'GET /v2/quota-sets/p-lab'],
    ['quota show lab --defaults', 'GET /v2/quota-sets/p-lab/defaults'],
    ['quota show lab --user ann', 'GET /v2/quota-sets/p-lab user_id=u-ann'],
    [
      'quota set lab --user ann --shares 3',
      'PUT /v2/quota-sets/p-lab user_id=u-ann {"quota_set":{"shares":3}}',
    ],
    ['quota delete lab', 'DELETE /v2/quota-sets/p-lab'],
    ['type access create t1 lab', 'POST /v2/types/t1/action  {"addProjectAccess":{"project":"p-lab"}}'],
    ['type access delete t1 lab', 'POST /v2/types/t1/action  {"removeProjectAccess":{"project":"p-lab"}}'],
    ['share list --project lab', 'GET /v2/shares/detail project_id=p-lab&all_tenants=1'],
    ['share list --user ann', 'GET /v2/shares/detail user_id=u-ann&all_tenants=1'],
    ['lock list --project lab', 'GET /v2/resource-locks all_projects=1&project_id=p-lab'],
    ['lock list --user ann', 'GET /v2/resource-locks all_projects=1&user_id=u-ann'],
    // The caller's own need no asking; ids stay ids.
    ['quota show project-1', 'GET /v2/quota-sets/project-1'],
    ['quota set p-2 --shares 3', 'PUT /v2/quota-sets/p-2  {"quota_set":{"shares":3}}'],
  ])('are taken by name: %s', async (line, expected) => {
    const { code, err, service } = await manila(line, everybody)
    expect([code, err]).toEqual([0, ''])
    const [first = ''] = sent(service)
    expect(first.replace(/[&?]?limit=\d+/, '')).toBe(expected)
  })

  test.each([
    'quota show nobody',
    'quota set nobody --shares 3',
    'quota delete nobody',
    'quota set lab --user nobody --shares 3',
    'type access create t1 nobody',
    'type access delete t1 nobody',
    'share list --project nobody',
    'share list --user nobody',
    'lock list --project nobody',
    'lock list --user nobody',
    `quota set ${gone} --shares 3`,
    `type access create t1 ${gone}`,
    'quota set twin --shares 3',
  ])('that are not there, or several, are refused and nothing is sent: %s', async (line) => {
    const { code, err, service } = await manila(line, everybody)
    expect(code).toBe(1)
    expect(err).toMatch(/^(There is no (project|user) with id or name "|2 projects are called "twin")/)
    expect(sent(service)).toEqual([])
  })

  test.each([`quota delete ${gone}`, `type access delete t1 ${gone}`, `share list --project ${gone}`])(
    'that are deleted are taken by id where something may be left of them: %s',
    async (line) => {
      const { code, err, service } = await manila(line, everybody)
      expect(code).toBe(0)
      expect(err).toContain(`There is no project with id ${gone} any more`)
      expect(sent(service)[0]).toContain(gone)
    },
  )

  test('that Keystone does not tell the caller about are taken as ids, with a note', async () => {
    const secretive = (asked: Asked): Said =>
      asked.path.startsWith('/identity')
        ? { status: 403, body: { error: { code: 403, message: 'You are not authorized.' } } }
        : everybody(asked)
    const { code, err, service } = await manila('quota show lab', secretive)
    expect([code, err]).toEqual([
      0,
      "Taken as an id, since it can't be looked up whether there is such a project: You are not authorized.\n",
    ])
    expect(sent(service)).toEqual(['GET /v2/quota-sets/lab'])
  })

  test('of the caller are found by name though he may ask for nobody else', async () => {
    const self = (asked: Asked): Said => {
      if (asked.path === '/identity/v3/users/user-1')
        return { body: { user: { id: 'user-1', name: 'demo' } } }
      if (!asked.path.startsWith('/identity')) return everybody(asked)
      return { status: 403, body: { error: { code: 403, message: 'You are not authorized.' } } }
    }
    const { code, err, service } = await manila('lock list --user demo', self)
    expect([code, err]).toEqual([0, ''])
    expect(sent(service)[0]).toContain('user_id=user-1')
  })

  test.each([
    'operation list --resource-id r1',
    'operation list --request-id req-1',
    'lock list --resource-id r1',
    'lock list --id l1',
    'share list --export-location e1',
  ])('do not narrow what is looked for by its id: %s', async (line) => {
    const { code, service } = await manila(line, everybody, ['operations'])
    expect(code).toBe(0)
    expect(sent(service)[0]).toMatch(/all_(projects|tenants)=1/)
  })
})

describe('failures', () => {
  test('of the server: its sentence, the request and its id; 1', async () => {
    const { code, out, err } = await manila('share create NFS 1', () => no('Over \u001b[31mquota.', 413))
    expect([code, out]).toEqual([1, ''])
    expect(err).toBe('Over \\x1b[31mquota.\nPOST /v2/shares → 413 itemNotFound, request id req-9\n')
  })

  test('of the command line: 2, and nothing is sent', async () => {
    for (const line of [
      'share create NFS',
      'share create NFS big',
      'share create NFX 1',
      'share set a',
      'share list --limit -1',
      'share list -f html',
      'share list --sort size:up',
      'share set a --property novalue',
      'share',
      'shre list',
      'share delete a --force --soft',
    ]) {
      const { code, err, service } = await manila(line, shares)
      expect([line, code]).toEqual([line, 2])
      expect(err).not.toBe('')
      expect(service.asked.filter(({ method }) => method !== 'GET').length, line).toBeLessThanOrEqual(1)
    }
  })

  test('of the way there: 3', async () => {
    const { code, err } = await cli('share list', { OS_CLOUD: 'none', HOME: '/nonexistent' })
    expect(code).toBe(3)
    expect(err).toContain('cloud "none"')
  })
})

describe('--wait', () => {
  const failed = {
    id: 'o1',
    state: 'failed',
    progress: 25,
    steps: [],
    request_id: 'req-1',
    cause: { code: 'NoStorage', message: 'No pool has 900 GiB.', retryable: false, detail_id: '009' },
  }
  const create = ['share', 'create', 'NFS', '900', '--name', 'a', '--wait']

  test('explains a failed operation: cause, code, request id, whether a retry helps', async () => {
    const answer = (asked: Asked): Said => {
      if (asked.path === '/operations') return { body: { operations: [{ id: 'o1' }] } }
      return asked.path === '/operations/o1' ? { body: { operation: failed } } : shares(asked)
    }
    const { code, out, err } = await manila(create, answer, ['operations'])
    expect([code, out]).toEqual([1, ''])
    expect(err.split('\n')).toEqual([
      'create share a failed: No pool has 900 GiB.',
      'code NoStorage',
      'operation o1, request id req-1',
      'Trying the same again will not help: something has to change first.',
      '',
    ])
  })

  test('polls where there are no operations, writes a line per status, then shows the result', async () => {
    const status = oneAfterAnother(
      { body: { share: share({ status: 'creating' }) } },
      { body: { share: share() } },
    )
    const answer = (asked: Asked) => (asked.path === '/shares/s1' ? status() : shares(asked))
    const { code, out, err } = await manila([...create, '-f', 'value', '-c', 'status'], answer)
    expect([code, out]).toEqual([0, 'available\n'])
    expect(err).toBe('create share a: creating (0 s)\n')
  })

  test('gives up after --timeout with 4, and says how to go on', async () => {
    const answer = (asked: Asked): Said =>
      asked.path === '/shares/s1' ? { body: { share: share({ status: 'creating' }) } } : shares(asked)
    const { code, err } = await manila([...create, '--timeout', '1'], answer)
    expect(code).toBe(4)
    expect(err).toContain('create share a is not finished after 1 s; it goes on at the server.')
  })

  test('draws one line that is never wider than the terminal, and clears it', () => {
    const drawn: string[] = []
    const view = progressView(
      { note: () => {}, draw: (text) => drawn.push(text), columns: 40 },
      'create share 漢字\u001b[2J',
    )
    view.show({ step: 'backend', percent: 50, elapsedMs: 3400, operationId: 'o1' })
    view.end()
    expect(drawn).toEqual(['\r\u001b[Kcreate share 漢字\\x1b[2J [############-', '\r\u001b[K'])
    expect(barLine('x', { step: 'export', percent: 25, elapsedMs: 61_000, operationId: null })).toBe(
      'x [######------------------]  25 %  export  61 s',
    )
  })
})

test('--debug shows requests and answers without secrets', async () => {
  const { code, err } = await manila('--debug share list', shares)
  expect(code).toBe(0)
  expect(err).toContain('/v2/shares/detail?limit=500')
  expect(err).not.toMatch(/secret|token-1/)
})

describe('share create --dry-run', () => {
  const placement = {
    fits: false,
    share_type: { id: 't1', name: 'gold' },
    problems: [
      { field: 'size', message: 'too large', status: 413 },
      { field: null, message: 'too many', status: 413 },
    ],
    quota: [
      { resource: 'shares', scope: 'project', limit: -1, in_use: 3, reserved: 0, charge: 1, fits: true },
      { resource: 'gigabytes', scope: 'user', limit: 5, in_use: 3, reserved: 0, charge: 4, fits: false },
    ],
    pools_that_fit: 1,
    message: null,
    refused: [{ filter: 'CapacityFilter', count: 2, why: 'It is full.' }],
    pools: [
      { pool: 'h@a#1', fits: true, filter: null, why: null, weight: 0.5 },
      { pool: 'h@b#1', fits: false, filter: 'CapacityFilter', why: 'Needs 4 GiB.', weight: null },
    ],
  }
  const answer = ({ path }: Asked): Said =>
    path === '/placements' ? { body: { placement } } : no('asked for something else')

  test('shows what the server says, and creates nothing', async () => {
    const line = 'share create NFS 4 --share-type gold --for-project p --dry-run -f json'
    const { code, out, service } = await manila(line, answer, ['placements'])
    expect(code).toBe(0)
    expect(JSON.parse(out)).toEqual({
      fits: false,
      share_type: 'gold',
      problems: ['size: too large', 'too many'],
      quota: ['shares of project: 3 + 1 of unlimited', 'gigabytes of user: 3 + 4 of 5, too much'],
      pools_that_fit: 1,
      message: null,
      refused: ['2 by CapacityFilter: It is full.'],
      pools: ['h@a#1: fits, weight 0.5', 'h@b#1: CapacityFilter: Needs 4 GiB.'],
    })
    expect(
      service.to('POST /v2/placements').map(({ body, headers }) => [body, headers['idempotency-key']]),
    ).toEqual([
      [{ placement: { share_proto: 'NFS', size: 4, share_type: 'gold', project_id: 'p' } }, undefined],
    ])
    expect(service.to('POST /v2/shares')).toEqual([])
  })

  test('is refused with words where there are none, and where it makes no sense', async () => {
    const { code, err, service } = await manila('share create NFS 4 --dry-run', answer)
    expect([code, err]).toEqual([1, expect.stringContaining('This server has no dry runs')])
    expect(service.to('POST /v2/shares')).toEqual([])
    for (const options of ['--for-project p', '--dry-run --wait'])
      expect((await manila(`share create NFS 4 ${options}`, answer, ['placements'])).code).toBe(2)
  })
})

describe('operation retry', () => {
  const operation = (fields: object) => ({
    id: 'o2',
    kind: 'create-share',
    resource_id: 's1',
    links: [],
    ...fields,
  })
  const answer =
    (end: object) =>
    ({ method, path }: Asked): Said => {
      if (method === 'POST' && path === '/operations/o1/action')
        return { status: 202, body: { operation: operation({ state: 'queued' }) } }
      return path === '/operations/o2' ? { body: { operation: operation({ steps: [], ...end }) } } : no(path)
    }
  const abilities = ['operations', 'operation-retry']

  test('asks once more, and waits for the new operation', async () => {
    const asked = await manila('operation retry o1 -f value -c id -c state', answer({}), abilities)
    expect([asked.code, asked.out]).toEqual([0, 'o2\nqueued\n'])
    expect(asked.service.to('POST /v2/operations/o1/action').map(({ body }) => body)).toEqual([
      { retry: null },
    ])
    const done = answer({ state: 'done', progress: 100 })
    const waited = await manila('operation retry o1 --wait -f value -c state', done, abilities)
    expect([waited.code, waited.out]).toEqual([0, 'done\n'])
    const cause = { code: 'busy', message: 'It is in use.', retryable: true, detail_id: null }
    const failed = await manila('operation retry o1 --wait', answer({ state: 'failed', cause }), abilities)
    expect([failed.code, failed.err]).toEqual([1, expect.stringContaining('It is in use.')])
  })

  test('says so where nothing is retried', async () => {
    const { code, err } = await manila('operation retry o1', answer({}), ['operations'])
    expect([code, err]).toEqual([1, expect.stringContaining('does not retry operations')])
  })
})

const commands = await allCommands()

test.each([...firstWords])('all commands of %s are had without the others', async (word) => {
  const wanted = commands.filter(({ words }) => words.split(' ')[0] === word).map(({ words }) => words)
  expect(wanted.length).toBeGreaterThan(0)
  expect((await commandsOf(word)).map(({ words }) => words)).toEqual(wanted)
})

test.each(['--help', '-h', '--help share', '-h share list', '--os-cloud x --help share'])(
  'manila %s shows every noun',
  async (line) => {
    const { code, out } = await manila(line, () => no('nothing is asked'))
    expect(code).toBe(0)
    expect(out).toBe(readFileSync(new URL('../../test/golden/cli/help/manila.txt', import.meta.url), 'utf8'))
  },
)

test('every command is of a first word that is known', async () => {
  for (const { words, also = [] } of commands)
    for (const one of [words, ...also]) expect(firstWords).toContain(one.split(' ')[0])
  expect(await commandsOf('constructor')).toEqual([])
})

test('commands may be spelled as openstack spells them', () => {
  const nouns = new Set(['share', 'access', 'export-location', 'service', 'snapshot', 'group'])
  const spelled = (line: string) => fromOpenstack(line.split(' '), nouns).join(' ')
  expect(spelled('share access create s ip x')).toBe('access create s ip x')
  expect(spelled('--os-cloud share share export location list s')).toBe(
    '--os-cloud share export-location list s',
  )
  expect(spelled('share snapshot instance export location list i')).toBe(
    'snapshot instance export-location list i',
  )
  expect(spelled('share service ensure shares h')).toBe('service ensure-shares h')
  expect(spelled('share group type access create t p')).toBe('group type access create t p')
  expect(spelled('share group snapshot members list s')).toBe('group snapshot members list s')
  expect(spelled('share list --name access')).toBe('share list --name access')
  expect(spelled('share show access')).toBe('share show access')
})

describe('completion', () => {
  const script = completionScript('bash', commands)
  const complete = (...words: string[]) =>
    execFileSync(
      'bash',
      [
        '-c',
        `${script}\nCOMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _manila; printf '%s\\n' "\${COMPREPLY[@]}"`,
        'bash',
        ...words,
      ],
      { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] },
    )
      .split('\n')
      .filter((word) => word !== '')

  test('offers nouns, verbs, options and fixed values', () => {
    expect(complete('manila', 'sn')).toEqual(['snapshot'])
    expect(complete('manila', 'share', 're')).toEqual(['resize', 'restore', 'revert'])
    expect(complete('manila', '--os-cloud', 'share', 'access', 'al')).toEqual(['allow'])
    expect(complete('manila', 'access', 'allow', 's', 'i')).toEqual(['ip'])
    expect(complete('manila', 'access', 'set', 'r', '--access-level', '')).toEqual(['rw', 'ro'])
    expect(complete('manila', 'share', 'list', '-f', 'j')).toEqual(['json'])
    expect(complete('manila', 'share', 'resize', 's', '1', '--w')).toEqual(['--wait'])
  })
})

test('golden files are up to date; `npm run golden` writes them', async () => {
  for (const [path, text] of Object.entries(await cliGoldens())) {
    expect(readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8'), path).toBe(text)
  }
})

test('every command has a sentence, and so has every option', () => {
  for (const { words, summary, args, options } of commands) {
    for (const sentence of [summary, ...Object.values({ ...args, ...options }).map(({ says }) => says)]) {
      expect(sentence, words).toMatch(/^\S.*\.( May be repeated\.)?$/)
    }
  }
})
