import { beforeEach, describe, expect, test } from 'vitest'
import type { HttpAnswer } from '../clients/http.ts'
import { KeystoneAway, type KeystoneCall } from '../clients/keystone.ts'
import { openTestStore } from '../db/store.fixture.ts'
import { Fault } from '../model/errors.ts'
import { Gate } from './gate.ts'
import { InFlight } from './in-flight.ts'
import { keystoneDesk } from './keystone-desk.ts'
import type { LoginDesk } from './login-desk.ts'
import { defaultLimits, LoginGuard } from './login-guard.ts'
import { stillClock } from './parts.fixture.ts'

const asked: KeystoneCall[] = []
let answers: (call: KeystoneCall) => Omit<HttpAnswer, 'headers'> & Partial<HttpAnswer>
let desk: LoginDesk
const clock = stillClock()

beforeEach(async () => {
  asked.length = 0
  const store = await openTestStore()
  const call = async (one: KeystoneCall): Promise<HttpAnswer> => {
    asked.push(one)
    return Promise.resolve({ headers: {}, ...answers(one) })
  }
  const limits = {
    guard: new LoginGuard(store, clock, { ...defaultLimits, maxAccountFailures: 50, maxAddressFailures: 50 }),
    gate: new Gate({ slots: 4, slotsPerAccount: 2, queue: 10, queuePerAddress: 10, queuePerAccount: 10 }),
    inFlight: new InFlight({ perName: 10, perAddress: 10 }),
  }
  desk = keystoneDesk({ client: { call }, clock, limits, serviceType: 'sharev2' })
  return () => store.close()
})

const domain = { id: 'default', name: 'Default' }
const token = (project?: string) => ({
  token: {
    user: { id: 'u1', name: 'alice', domain },
    expires_at: new Date((clock.value + 3_600_000_000) / 1000).toISOString(),
    methods: ['password'],
    audit_ids: ['a'],
    roles: [{ name: 'Member' }],
    ...(project === undefined ? {} : { project: { id: project, name: `name of ${project}`, domain } }),
  },
})
const granted = (project?: string) => ({
  status: 201,
  headers: { 'x-subject-token': `t-${project ?? 'none'}` },
  body: token(project),
})
const refusal = (status: number, message = 'The request you have made requires authentication.') => ({
  status,
  body: { error: { code: status, message } },
})
const login = { name: 'alice', domain: 'Default', password: 'secret', address: '192.0.2.1' }
const faultOf = (work: Promise<unknown>): Promise<[string, string]> =>
  work.then(
    () => ['none', ''],
    (error: unknown) => (error instanceof Fault ? [error.code, error.message] : ['no fault', String(error)]),
  )

describe('a login', () => {
  test('asks for a token of no project, and knows whose it is', async () => {
    answers = () => granted()
    const found = await desk.byPassword(login)
    expect(asked[0]?.body).toEqual({
      auth: {
        identity: {
          methods: ['password'],
          password: { user: { name: 'alice', domain: { name: 'Default' }, password: 'secret' } },
        },
        scope: 'unscoped',
      },
    })
    expect(found).toMatchObject({
      token: 't-none',
      user: { id: 'u1', name: 'alice', domain },
      project: null,
      identity: { userId: 'u1', scope: 'unscoped', roles: ['member'] },
    })
  })

  test('by a credential is in its project', async () => {
    answers = () => granted('p1')
    const found = await desk.bySecret({ id: 'c1', secret: 's', address: '192.0.2.1' })
    expect(found.project).toEqual({ id: 'p1', name: 'name of p1', domain })
    expect(asked[0]?.body).toEqual({
      auth: {
        identity: { methods: ['application_credential'], application_credential: { id: 'c1', secret: 's' } },
      },
    })
  })

  test.each([
    ['a wrong password', refusal(401), 'Unauthorized'],
    ['a second factor', { ...refusal(401), headers: { 'openstack-auth-receipt': 'x' } }, 'Refused'],
    [
      'a password that is over',
      refusal(401, 'The password is expired and needs to be changed for user: u1.'),
      'Refused',
    ],
    ['what may not be', refusal(403), 'Refused'],
    ['trouble', refusal(429), 'Unavailable'],
    ['no token', { status: 201, body: token() }, 'Unavailable'],
    [
      'a page in its place',
      { status: 201, headers: { 'x-subject-token': 't' }, body: undefined },
      'Unavailable',
    ],
    [
      'a token of nobody',
      { status: 201, headers: { 'x-subject-token': 't' }, body: { token: {} } },
      'Unavailable',
    ],
  ])('that meets %s', async (_what, answer, code) => {
    answers = () => answer
    expect((await faultOf(desk.byPassword(login)))[0]).toBe(code)
  })

  test('at a Keystone that is away says so, and counts as no failure', async () => {
    answers = () => {
      throw new KeystoneAway('Keystone does not answer')
    }
    for (let count = 0; count < 8; count++) {
      const [code, message] = await faultOf(desk.byPassword(login))
      expect([code, message]).toEqual([
        'Unavailable',
        expect.stringContaining('identity service does not answer'),
      ])
    }
  })

  test('is guessed at five times', async () => {
    answers = () => refusal(401)
    const codes = []
    for (let count = 0; count < 6; count++) codes.push((await faultOf(desk.byPassword(login)))[0])
    expect(codes).toEqual([...Array.from({ length: 5 }, () => 'Unauthorized'), 'TooManyRequests'])
    // Keystone is not even asked, also with the right one.
    expect(asked.length).toBe(5)
    answers = () => granted()
    expect((await faultOf(desk.byPassword(login)))[0]).toBe('TooManyRequests')
    expect((await faultOf(desk.byPassword({ ...login, address: '198.51.100.1' })))[0]).toBe('none')
  })
})

describe('a project', () => {
  test('is entered by token', async () => {
    answers = () => granted('p2')
    expect((await desk.enter('t', { id: 'p2' })).project?.id).toBe('p2')
    expect(asked[0]?.body).toEqual({
      auth: { identity: { methods: ['token'], token: { id: 't' } }, scope: { project: { id: 'p2' } } },
    })
  })

  test('that is not the caller’s is told from a token that is over', async () => {
    answers = ({ method }) => (method === 'POST' ? refusal(401) : { status: 200, body: token() })
    expect((await faultOf(desk.enter('t', { id: 'p2' })))[0]).toBe('Refused')
    answers = ({ method }) => refusal(method === 'POST' ? 401 : 404)
    expect((await faultOf(desk.enter('t', { id: 'p2' })))[0]).toBe('Unauthorized')
  })

  test('can be one of those that Keystone names, by name', async () => {
    answers = () => ({
      status: 200,
      body: {
        projects: [
          { id: '2', name: 'b', domain_id: 'd' },
          { id: '1', name: 'a', domain_id: 'd' },
        ],
      },
    })
    expect(await desk.projectsOf('t')).toEqual([
      { id: '1', name: 'a', domainId: 'd' },
      { id: '2', name: 'b', domainId: 'd' },
    ])
    answers = () => refusal(401)
    expect(await desk.projectsOf('t')).toEqual([])
    answers = () => ({ status: 200, body: { projects: 'x' } })
    expect((await faultOf(desk.projectsOf('t')))[0]).toBe('Unavailable')
  })
})

test('a token is looked at with itself, and ended with itself', async () => {
  answers = () => ({ status: 200, body: token('p1') })
  expect((await desk.look('t'))?.project?.id).toBe('p1')
  answers = () => ({ status: 204, body: undefined })
  await desk.revoke('t')
  expect(
    asked.map(({ method, path, headers }) => [
      method,
      path,
      headers?.['x-auth-token'],
      headers?.['x-subject-token'],
    ]),
  ).toEqual([
    ['GET', '/auth/tokens?nocatalog', 't', 't'],
    ['DELETE', '/auth/tokens', 't', 't'],
  ])
  for (const status of [401, 404]) {
    answers = () => refusal(status)
    expect(await desk.look('t')).toBeNull()
    await desk.revoke('t')
  }
  answers = () => refusal(418)
  expect((await faultOf(desk.look('t')))[0]).toBe('Unavailable')
  expect((await faultOf(desk.revoke('t')))[0]).toBe('Unavailable')
})
