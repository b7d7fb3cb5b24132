import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { agentText, auditAction, auditMade, auditPath, auditTarget, maxAgent } from './audit.ts'

test.each([
  ['/shares', {}, { type: 'share', id: '' }],
  ['/shares/:id', { id: 's1' }, { type: 'share', id: 's1' }],
  ['/shares/:id/action', { id: 's1' }, { type: 'share', id: 's1' }],
  ['/shares/:id/metadata/:key', { id: 's1', key: 'k' }, { type: 'share', id: 's1' }],
  ['/shares/manage', {}, { type: 'share', id: '' }],
  ['/share_instances/:id/action', { id: 'i' }, { type: 'share_instance', id: 'i' }],
  ['/types/:type_id/extra_specs/:key', { type_id: 't', key: 'k' }, { type: 'share_type', id: 't' }],
  ['/quota-sets/:id', { id: 'p' }, { type: 'quota_set', id: 'p' }],
  ['/resource-locks/:id', { id: 'l' }, { type: 'resource_lock', id: 'l' }],
  ['/services/enable', {}, { type: 'service', id: '' }],
  ['/v3/users/:id/password', { id: 'u' }, { type: 'user', id: 'u' }],
  ['/v3/projects/:p/users/:u/roles/:r', { p: 'p1', u: 'u1', r: 'r1' }, { type: 'project', id: 'p1' }],
  ['/v3/system/users/:u/roles/:r', { u: 'u1', r: 'r1' }, { type: 'user', id: 'u1' }],
  ['/v3/groups/:g/users/:u', { g: 'g1', u: 'u1' }, { type: 'user', id: 'u1' }],
  ['/shares/:id', { id: 'pass word?' }, { type: 'share', id: '' }],
] as const)('%s is about what it names', (path, params, target) => {
  expect(auditTarget(path, params)).toEqual(target)
})

test('what was made is told by the answer, and by nothing else of it', () => {
  expect(auditMade('/shares', { share: { id: 's1', secret: 'x' } })).toEqual({ type: 'share', id: 's1' })
  expect(
    auditMade('/v3/users/:u/application_credentials', { application_credential: { id: 'c1', secret: 'x' } }),
  ).toEqual({
    type: 'application_credential',
    id: 'c1',
  })
  for (const odd of [
    null,
    undefined,
    'text',
    {},
    { a: 1 },
    { a: { id: 'b c' } },
    { a: { id: 1 } },
    { a: { id: 'x' }, b: 1 },
  ])
    expect(auditMade('/shares', odd)).toBeNull()
})

test.each([
  ['GET', undefined, 'read'],
  ['POST', undefined, 'create'],
  ['PATCH', undefined, 'update'],
  ['DELETE', undefined, 'delete'],
  ['POST', 'extend', 'update'],
  ['POST', 'os-force_delete', 'delete'],
  ['POST', 'deny_access', 'delete'],
  ['POST', 'access_list', 'read'],
  ['POST', 'os-access_list', 'read'],
  ['POST', 'migration_get_progress', 'read'],
] as const)('%s %s is called %s', (method, action, is) => {
  expect(auditAction(method, action)).toBe(is)
})

test('of a URL only what looks like an id is kept, and of an agent what can be printed', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' }), (id, agent) => {
      const params = { a: id, b: 'b1' }
      const kept = [auditTarget('/shares/:a', params).id, auditPath('/x/:a/y/:b', params).split('/')[2] ?? '']
      for (const one of kept) expect(one === '' || one === '*' || /^[\w.-]{1,64}$/.test(one)).toBe(true)
      expect(agentText(agent)).toMatch(/^[\x20-\x7e]*$/)
      expect(agentText(agent).length).toBeLessThanOrEqual(maxAgent)
    }),
  )
})
