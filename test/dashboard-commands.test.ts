/**
 * Every command that the dashboard offers for copying, with whatever can be typed into the form behind it, goes through a real shell
 * and is read by the command line's own parser: its words are known, its options too, nothing is missing, and what was typed arrives.
 */
import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { accessCommands } from '../dashboard/pages/access-rules/commands.ts'
import { auditCommands } from '../dashboard/pages/audit/commands.ts'
import { groupSnapshotCommands } from '../dashboard/pages/group-snapshots/commands.ts'
import { groupTypeCommands } from '../dashboard/pages/group-types/commands.ts'
import { groupCommands } from '../dashboard/pages/groups/commands.ts'
import { identityCommands } from '../dashboard/pages/identity/commands.ts'
import { instanceCommands } from '../dashboard/pages/instances/commands.ts'
import { lockCommands } from '../dashboard/pages/locks/commands.ts'
import { messageCommands } from '../dashboard/pages/messages/commands.ts'
import { poolCommands } from '../dashboard/pages/pools/commands.ts'
import { quotaCommands } from '../dashboard/pages/quotas/commands.ts'
import { resources } from '../dashboard/pages/quotas/queries.ts'
import { serviceCommands } from '../dashboard/pages/services/commands.ts'
import { credentialCommands } from '../dashboard/pages/settings/commands.ts'
import { shareCommands } from '../dashboard/pages/shares/commands.ts'
import { blankShare } from '../dashboard/pages/shares/new-share.ts'
import { snapshotCommands } from '../dashboard/pages/snapshots/commands.ts'
import { typeCommands } from '../dashboard/pages/types/commands.ts'
import { placementCommands } from '../dashboard/pages/why-not/commands.ts'
import { protocols } from '../dashboard/pages/why-not/queries.ts'
import { operationCommands } from '../dashboard/ui/operation-commands.ts'
import { allCommands, firstWords, nouns } from '../src/cli/commands/index.ts'
import { fromOpenstack } from '../src/cli/openstack-words.ts'
import { buildProgram, type Invocation } from '../src/cli/program.ts'

const root = join(import.meta.dirname, '../dashboard')

const hostile = [
  'plain',
  "it's $HOME",
  'two  words ',
  '$(touch /tmp/x)',
  '`id`; rm -rf "$HOME"',
  'a\nb && c',
  'tab\tand \u001B[31m',
  'a=b=c',
  '!history *?[~]',
  'back\\slash\\',
  '-rf',
  '--debug',
  '--help',
  '--',
  '-',
  'photos 📷👨‍👩‍👧‍👦 写真',
  'קבצים \u202Eevil\u202C',
  'export',
  'x'.repeat(255),
]

/** Of one builder what it says, from a text that somebody chose. */
type Sample = (typed: string) => string
type Samples<Builders> = { readonly [Name in keyof Builders]: readonly Sample[] }

const owner = (typed: string) => ({ project: typed })
const key = (typed: string): string => typed.replaceAll('=', '-')
const pair = (typed: string) => ({ [key(typed)]: typed })
const deeds = ['delete', 'soft-delete', 'force-delete', 'restore', 'unmanage', 'extend-by', 'allow'] as const
const kinds = ['user', 'group', 'project', 'domain', 'role'] as const
const form = (typed: string) => ({ name: typed, description: typed, isPublic: true })

const shares: Samples<typeof shareCommands> = {
  firstInBin: [() => shareCommands.firstInBin()],
  create: [
    (typed) => shareCommands.create({ ...blankShare, name: typed, isPublic: true }),
    ...protocols.map((protocol) => () => shareCommands.create({ ...blankShare, protocol })),
    (typed) =>
      shareCommands.create({
        ...blankShare,
        description: typed,
        type: typed,
        zone: typed,
        snapshot: typed,
        group: typed,
        metadata: [{ row: '', key: key(typed), value: typed }],
        mountPointName: typed,
        sameHost: typed,
        differentHost: typed,
        onlyHost: typed,
      }),
  ],
  adopt: protocols.map(
    (protocol) => (typed) =>
      shareCommands.adopt({
        ...form(typed),
        host: typed,
        protocol,
        path: typed,
        type: typed,
        options: pair(typed),
      }),
  ),
  show: [shareCommands.show],
  resize: [(typed) => shareCommands.resize(typed, 3)],
  revert: [shareCommands.revert],
  edit: [
    (typed) => shareCommands.edit('id', { name: typed, description: '', isPublic: false }),
    (typed) => shareCommands.edit(typed, { name: undefined, description: typed, isPublic: undefined }),
  ],
  resetStatus: [(typed) => shareCommands.resetStatus('id', typed)],
  resetTaskState: [(typed) => shareCommands.resetTaskState('id', typed)],
  metadata: [
    (typed) => shareCommands.metadata('id', pair(typed), []),
    (typed) => shareCommands.metadata('id', { a: '1' }, ['b', typed]),
  ],
  deed: deeds.map(
    (deed) => (typed) =>
      shareCommands.deed(
        deed,
        [
          { id: typed, size: 1 },
          { id: 'id', size: 2, share_group_id: 'group' },
        ],
        { by: 1, rule: { type: 'ip', to: '10.0.0.1', level: 'ro' } },
      ),
  ),
}

const access: Samples<typeof accessCommands> = {
  first: [accessCommands.first],
  allow: ['ip', 'user', 'cert', 'cephx'].map(
    (type) => (typed) =>
      accessCommands.allow('id', {
        type,
        targets: [
          { to: typed, level: 'ro' },
          { to: '10.0.0.1', level: 'rw' },
        ],
        metadata: pair(typed),
        hide: true,
        lockDeletion: true,
        reason: typed,
      }),
  ),
  deny: [(typed) => accessCommands.deny('id', [{ id: typed, isLocked: true }])],
  setLevel: [(typed) => accessCommands.setLevel(typed, 'ro')],
  properties: [
    (typed) => accessCommands.properties('id', pair(typed), ['b']),
    (typed) => accessCommands.properties(typed, {}, [typed]),
  ],
}

const snapshots: Samples<typeof snapshotCommands> = {
  first: [() => snapshotCommands.first(), snapshotCommands.first],
  create: [
    (typed) => snapshotCommands.create({ ...form(typed), share: typed, metadata: pair(typed) }),
    () => snapshotCommands.create({ name: '', description: '', share: '', metadata: {} }),
  ],
  adopt: [
    (typed) => snapshotCommands.adopt({ ...form(typed), share: 'id', location: typed, options: pair(typed) }),
  ],
  revert: [snapshotCommands.revert],
  remove: [(typed) => snapshotCommands.remove(['id', typed])],
  forceRemove: [snapshotCommands.forceRemove],
  rename: [
    (typed) => snapshotCommands.rename('id', { name: typed, description: undefined }),
    (typed) => snapshotCommands.rename('id', { name: '', description: typed }),
  ],
  reset: [(typed) => snapshotCommands.reset('id', typed)],
  abandon: [snapshotCommands.abandon],
  properties: [(typed) => snapshotCommands.properties('id', pair(typed), [typed])],
  allow: ['ip', 'user', 'cert', 'cephx'].map((type) => (typed) => snapshotCommands.allow('id', type, typed)),
  deny: [(typed) => snapshotCommands.deny('id', typed)],
}

const types: Samples<typeof typeCommands> = {
  first: [() => typeCommands.first()],
  create: ['True', 'False', 'true', ''].map(
    (servers) => (typed) =>
      typeCommands.create({ ...form(typed), isPublic: false, servers, specs: pair(typed) }),
  ),
  edit: [
    (typed) => typeCommands.edit('id', { ...form(typed), write: pair(typed), remove: [typed, 'x'] }),
    (typed) =>
      typeCommands.edit('id', {
        name: undefined,
        description: undefined,
        isPublic: undefined,
        write: {},
        remove: [typed],
      }),
  ],
  remove: [typeCommands.remove],
  allow: [(typed) => typeCommands.allow('id', typed)],
  deny: [(typed) => typeCommands.deny('id', typed)],
}

const groups: Samples<typeof groupCommands> = {
  first: [() => groupCommands.first()],
  create: [
    (typed) =>
      groupCommands.create({
        ...form(typed),
        type: typed,
        shareTypes: [typed, 'id'],
        zone: typed,
        source: null,
      }),
    (typed) =>
      groupCommands.create({
        name: '',
        description: '',
        type: null,
        shareTypes: [],
        zone: null,
        source: typed,
      }),
  ],
  rename: [
    (typed) => groupCommands.rename('id', { name: typed }),
    (typed) => groupCommands.rename(typed, { name: '', description: typed }),
  ],
  reset: [(typed) => groupCommands.reset('id', typed)],
  remove: [(typed) => groupCommands.remove(['id', typed])],
  forceRemove: [groupCommands.forceRemove],
}

const groupSnapshots: Samples<typeof groupSnapshotCommands> = {
  first: [() => groupSnapshotCommands.first(), groupSnapshotCommands.first],
  create: [
    (typed) => groupSnapshotCommands.create({ ...form(typed), group: typed }),
    () => groupSnapshotCommands.create({ name: '', description: '', group: '' }),
  ],
  rename: [(typed) => groupSnapshotCommands.rename('id', { name: typed, description: '' })],
  reset: [(typed) => groupSnapshotCommands.reset('id', typed)],
  remove: [(typed) => groupSnapshotCommands.remove(['id', typed])],
  forceRemove: [groupSnapshotCommands.forceRemove],
}

const groupTypes: Samples<typeof groupTypeCommands> = {
  first: [() => groupTypeCommands.first()],
  create: [
    (typed) =>
      groupTypeCommands.create({
        name: typed,
        shareTypes: [typed, 'id'],
        isPublic: false,
        specs: pair(typed),
      }),
    () => groupTypeCommands.create({ name: '', shareTypes: [], isPublic: true, specs: {} }),
  ],
  specs: [
    (typed) => groupTypeCommands.specs('id', pair(typed), [typed, 'x']),
    (typed) => groupTypeCommands.specs(typed, {}, [typed]),
  ],
  remove: [groupTypeCommands.remove],
  allow: [(typed) => groupTypeCommands.allow('id', typed)],
  deny: [(typed) => groupTypeCommands.deny('id', typed)],
}

const others = {
  quotas: {
    set: [
      ...resources.map(
        (one) => (typed: string) => quotaCommands.set({ project: typed, user: typed }, { [one]: -1 }, true),
      ),
      (typed: string) =>
        quotaCommands.set({ project: typed, type: typed }, { shares: 3, gigabytes: 5 }, false),
      () => quotaCommands.set(null, { shares: 3 }, false),
    ],
    reset: [(typed: string) => quotaCommands.reset({ ...owner(typed), type: typed })],
  } satisfies Samples<typeof quotaCommands>,
  locks: {
    first: [() => lockCommands.first()],
    create: ['share', 'access_rule'].flatMap((type) =>
      ['delete', 'show'].map(
        (action) => (typed: string) => lockCommands.create({ id: 'id', type, action, reason: typed }),
      ),
    ),
    edit: [
      (typed: string) => lockCommands.edit('id', typed, undefined),
      (typed: string) => lockCommands.edit(typed, '', 'show'),
    ],
    remove: [(typed: string) => lockCommands.remove([typed, 'id'])],
  } satisfies Samples<typeof lockCommands>,
  messages: { remove: [(typed: string) => messageCommands.remove([typed, 'id'])] } satisfies Samples<
    typeof messageCommands
  >,
  instances: {
    list: [() => instanceCommands.list()],
    show: [instanceCommands.show],
    reset: [(typed: string) => instanceCommands.reset('id', typed)],
    remove: [instanceCommands.remove],
  } satisfies Samples<typeof instanceCommands>,
  services: {
    list: [() => serviceCommands.list()],
    enable: [(typed: string) => serviceCommands.enable(typed, 'manila-share')],
    disable: [(typed: string) => serviceCommands.disable('host', 'manila-share', typed)],
    ensure: [serviceCommands.ensure],
  } satisfies Samples<typeof serviceCommands>,
  operations: {
    list: [() => operationCommands.list()],
    cancel: [operationCommands.cancel],
    retry: [operationCommands.retry],
  } satisfies Samples<typeof operationCommands>,
  audit: { list: [() => auditCommands.list()] } satisfies Samples<typeof auditCommands>,
  pools: { show: [() => poolCommands.show('host@alpha#fast')] } satisfies Samples<typeof poolCommands>,
  placements: {
    ask: [
      (typed: string) =>
        placementCommands.ask({
          size: 1,
          share_proto: 'NFS',
          share_type: typed,
          availability_zone: typed,
          snapshot_id: typed,
          project_id: typed,
          scheduler_hints: { only_host: typed },
        }),
    ],
  } satisfies Samples<typeof placementCommands>,
}

const identity: Samples<typeof identityCommands> = {
  createUser: [
    (typed) => identityCommands.createUser(typed, { name: typed, email: typed, description: typed }),
    () => identityCommands.createUser('default', {}),
  ],
  editUser: [
    (typed) => identityCommands.editUser('id', { name: typed, email: null, default_project_id: typed }),
  ],
  setPassword: [identityCommands.setPassword],
  create: kinds.slice(1).map((kind) => (typed) => identityCommands.create(kind, typed, typed, null)),
  edit: kinds.slice(1).map((kind) => (typed) => identityCommands.edit(kind, 'id', { name: typed })),
  remove: kinds.map((kind) => (typed) => identityCommands.remove(kind, typed)),
  enable: ['user', 'project', 'domain'].map((kind) => (typed) => identityCommands.enable(kind, typed)),
  disable: ['user', 'project', 'domain'].map((kind) => (typed) => identityCommands.disable(kind, typed)),
  takeRole: [
    (typed) => identityCommands.takeRole({ role: { id: 'r' }, user: { id: typed }, scope: {} }),
    (typed) =>
      identityCommands.takeRole({ role: { id: 'r' }, group: { id: 'g' }, scope: { project: { id: typed } } }),
  ],
  removeMember: [(typed) => identityCommands.removeMember('id', typed)],
}
const credentials: Samples<typeof credentialCommands> = { remove: [credentialCommands.remove] }

/** What bash hands to a program that is called `name`, of each of the texts: the arguments of every call. */
function calls(name: string, texts: readonly string[]): string[][][] {
  const script = texts.map((text) => `${text}\nprintf '\\2\\0'`).join('\n')
  const told = execFileSync('/bin/bash', ['--norc', '--noprofile', '-s'], {
    input: `${name}() { printf '%s\\0' "$@"; printf '\\1\\0'; }\n${script}\n`,
    // Bytes are bytes, whatever the locale of who copies.
    env: { PATH: '/nonexistent', LC_ALL: 'C' },
    encoding: 'utf8',
    stdio: ['pipe', 'pipe', 'inherit'],
    maxBuffer: 1 << 26,
  })
  return told
    .split('\u0002\0')
    .slice(0, -1)
    .map((one) =>
      one
        .split('\u0001\0')
        .slice(0, -1)
        .map((call) => call.split('\0').slice(0, -1)),
    )
}

const commands = await allCommands()

let said = ''
let found: Invocation | null = null
const writers = { out: (text: string) => void (said += text), err: (text: string) => void (said += text) }
const program = buildProgram(commands, nouns, writers, (invocation) => {
  found = invocation
  return Promise.resolve()
})

/** As the program reads its arguments; throws what it would say. */
async function read(argv: readonly string[]): Promise<Invocation> {
  said = ''
  found = null
  try {
    await program.parseAsync(fromOpenstack(argv, firstWords), { from: 'user' })
  } catch (error) {
    throw new Error(`manila ${JSON.stringify(argv)}: ${said}${String(error)}`, { cause: error })
  }
  if (found === null) throw new Error(`manila ${JSON.stringify(argv)} runs nothing: ${said}`)
  return found
}

/** Every text in it. */
const textsIn = (value: unknown): string[] =>
  typeof value === 'string'
    ? [value]
    : typeof value === 'object' && value !== null
      ? Object.values(value).flatMap(textsIn)
      : []

const cases = (samples: Readonly<Record<string, Readonly<Record<string, readonly Sample[]>>>>) =>
  Object.entries(samples).flatMap(([noun, builders]) =>
    Object.entries(builders).flatMap(([verb, all]) =>
      all.flatMap((sample, at) =>
        hostile.map((typed) => ({ name: `${noun}.${verb} ${at}`, typed, sample, text: sample(typed) })),
      ),
    ),
  )

it('is read by the command line as it was meant, whatever is typed into the form', async () => {
  const all = cases({
    shares,
    access,
    snapshots,
    types,
    groups,
    groupSnapshots,
    groupTypes,
    ...others,
  })
  const told = calls(
    'manila',
    all.map(({ text }) => text),
  )
  expect(told).toHaveLength(all.length)
  const wrong: string[] = []
  for (const [at, { name, typed, sample, text }] of all.entries()) {
    try {
      const invocations: Invocation[] = []
      for (const argv of told[at] ?? []) invocations.push(await read(argv))
      expect(invocations.length).toBeGreaterThan(0)
      const texts = invocations.flatMap(({ args, options, globals }) => {
        expect(textsIn(globals)).toEqual([])
        return textsIn({ args, options })
      })
      // A builder that takes no text of somebody's says the same whatever is typed.
      if (sample('plain') !== sample('other')) expect(texts).toContain(typed)
    } catch (error) {
      wrong.push(`${name}: ${text.slice(0, 200)}: ${(error as Error).message.slice(0, 300)}`)
    }
  }
  expect(wrong).toEqual([])
})

/** `openstack` is not here: its words and options, as its documentation lists them. */
const identityWords: Readonly<Record<string, string>> = {
  'user create': '--domain= --password-prompt --email= --description= --project= NAME',
  'user set': '--name= --password-prompt --email= --description= --project= --enable --disable NAME',
  'user delete': 'NAME',
  'group create': '--domain= --description= NAME',
  'group set': '--name= --description= NAME',
  'group delete': 'NAME',
  'group remove user': 'NAME NAME',
  'project create': '--domain= --description= NAME',
  'project set': '--name= --description= --enable --disable NAME',
  'project delete': 'NAME',
  'domain create': '--description= NAME',
  'domain set': '--name= --description= --enable --disable NAME',
  'domain delete': 'NAME',
  'role create': '--description= --domain= NAME',
  'role set': '--name= --description= NAME',
  'role delete': 'NAME',
  'role remove': '--user= --group= --project= --domain= --system= --inherited NAME',
  'application credential delete': 'NAME',
}

/** As argparse does: the texts that options and arguments have; throws what is not known. */
function readOpenstack(argv: readonly string[]): string[] {
  const verb = Object.keys(identityWords).find((words) => `${argv.join(' ')} `.startsWith(`${words} `))
  if (verb === undefined) throw new Error(`no command: ${argv.join(' ')}`)
  const known = (identityWords[verb] ?? '').split(' ')
  const texts: string[] = []
  const args: string[] = []
  const rest = argv.slice(verb.split(' ').length)
  for (let at = 0; at < rest.length; at++) {
    const one = rest[at] ?? ''
    if (one === '--') {
      args.push(...rest.slice(at + 1))
      break
    }
    const [, option, value] = /^(--[a-z-]+)(?:=(.*))?$/s.exec(one) ?? []
    if (option === undefined) {
      if (one.startsWith('-')) throw new Error(`${verb}: ${one} is no option`)
      args.push(one)
    } else if (known.includes(option)) expect(value).toBe(undefined)
    else if (known.includes(`${option}=`)) texts.push(value ?? rest[++at] ?? '')
    else throw new Error(`${verb} has no ${option}`)
  }
  expect(args).toHaveLength(known.filter((word) => word === 'NAME').length)
  return [...texts, ...args]
}

it('of accounts is one that the identity’s client has', () => {
  const all = cases({ identity, credentials })
  const told = calls(
    'openstack',
    all.map(({ text }) => text),
  )
  for (const [at, { typed, sample }] of all.entries()) {
    expect(told[at]).toHaveLength(1)
    const texts = readOpenstack(told[at]?.[0] ?? [])
    if (sample('plain') !== sample('other')) expect(texts).toContain(typed)
  }
})

it('is not offered where no option can say it', () => {
  expect(shareCommands.metadata('id', { 'a=b': 'c' }, ['d'])).toBe('')
  expect(
    accessCommands.allow('id', {
      type: 'ip',
      targets: [
        { to: '10.0.0.1', level: 'rw' },
        { to: '10.0.0.2', level: 'rw' },
      ],
      metadata: { 'a=b': 'c' },
      hide: false,
      lockDeletion: false,
      reason: '',
    }),
  ).toBe('')
})

it('asks for the one pool that is shown', async () => {
  const [call] = calls('manila', [poolCommands.show('h.example@alpha#fast+1')])
  const { options } = await read(call?.[0] ?? [])
  const { host, backend, pool } = options as Readonly<Record<string, string>>
  expect([host, backend, pool].map((one) => new RegExp(one ?? '', 'u').source)).toEqual([
    String.raw`^h\.example$`,
    '^alpha$',
    String.raw`^fast\+1$`,
  ])
})

it('is written in one of the files that are read here, and nowhere else', async () => {
  const files = readdirSync(root, { recursive: true, encoding: 'utf8' })
    .filter((path) => /\.tsx?$/.test(path) && !path.endsWith('.test.ts'))
    .toSorted()
  const own = readFileSync(import.meta.filename, 'utf8')
  const tables = files.filter((path) => /(^|\/|-)commands\.ts$/.test(path))
  expect(tables.filter((path) => !own.includes(`'../dashboard/${path}'`))).toEqual([])
  const written: string[] = []
  const elsewhere = files.filter((path) => {
    if (tables.includes(path) || path === 'ui/manila.ts') return false
    const code = readFileSync(join(root, path), 'utf8')
      .replaceAll(/\/\*[\s\S]*?\*\//g, '')
      // What takes no text of anybody's may be written out, where a page should load nothing for it.
      .replaceAll(/ command="([^"]+)"/g, (_all, one: string) => (written.push(one), ''))
    return /['"`](?:manila|openstack)[ '"`]|\b(?:manila|openstack)\(/.test(code)
  })
  for (const told of calls('manila', written)) for (const argv of told) await read(argv)
  expect(written).toEqual(['manila share create NFS 1 --name first'])
  expect(elsewhere).toEqual([])
})
