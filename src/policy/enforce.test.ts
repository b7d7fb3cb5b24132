import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { Fault } from '../model/errors.ts'
import type { Identity } from '../model/identity.ts'
import { defaultRules } from './defaults/index.ts'
import { Policy } from './enforce.ts'
import { parseRule, printCheck } from './language.ts'
import { compileRules } from './load.ts'

const folder = mkdtempSync(join(tmpdir(), 'policy-'))
afterAll(() => rmSync(folder, { recursive: true }))

const caller = (roles: string[], more: Partial<Identity> = {}): Identity => ({
  userId: 'u1',
  userName: 'ann',
  userDomainId: 'default',
  projectId: 'p1',
  projectName: 'one',
  projectDomainId: 'default',
  roles,
  serviceRoles: [],
  scope: 'project',
  auditId: 'a',
  expiresAt: 0,
  ...more,
})
const adminCaller = caller(['admin', 'manager', 'member', 'reader'])
const memberCaller = caller(['member', 'reader'])
const readerCaller = caller(['reader'])
const serviceCaller = caller(['service'])
const time = { value: 0, now: () => time.value }
const policy = new Policy({ clock: time })
const other = { project_id: 'p2', user_id: 'u2' }

/** Rule → who passes it on something of their own: a(dmin), m(ember), r(eader), s(ervice). */
const table: Record<string, string> = {
  'share:create': 'am',
  'share:get': 'amr',
  'share:force_delete': 'a',
  'share_replica:get_metadata': 'am',
  'share_snapshot:get_metadata': 'amr',
  'share_network:add_security_service_check': 'am',
  'scheduler_stats:pools:index': 'a',
  'resource_lock:get': 'amrs',
  'resource_lock:get_all_projects': 'as',
  'resource_lock:create': 'ams',
  'resource_lock:delete': 'amrs',
  'quota_set:show': 'amr',
  'share_usage:get_all_projects': 'a',
  'event:follow': 'amr',
  'event:follow_all_projects': 'a',
  'audit:get_all': 'a',
  'operation:get': 'amr',
  'operation:cancel': 'am',
  'operation:get_all_projects': 'a',
  'share_usage:get': 'amr',
  'capabilities:get': 'amr',
  'health:detail': 'a',
  context_is_admin: 'a',
}

describe('defaults', () => {
  test.each(Object.entries(table))('%s: %s', (rule, who) => {
    const passes = Object.entries({ a: adminCaller, m: memberCaller, r: readerCaller, s: serviceCaller })
      .filter(([, identity]) => policy.check(rule, identity))
      .map(([letter]) => letter)
    expect(passes.sort()).toEqual(who.split('').sort())
  })

  test('every rule: admin passes on its own, only admins and services pass elsewhere', () => {
    const names = Object.keys(defaultRules)
    expect(names.length).toBeGreaterThan(220)
    for (const rule of names) {
      expect([rule, policy.check(rule, adminCaller)]).toEqual([rule, true])
      if (rule === 'admin_api') continue
      expect([rule, policy.check(rule, memberCaller, other)]).toEqual([rule, false])
      expect([rule, policy.check(rule, readerCaller, other)]).toEqual([rule, false])
      expect([rule, policy.check(rule, caller(['stranger']))]).toEqual([
        rule,
        ['owner-user', 'admin_or_owner', 'admin_or_owner_user', 'default'].includes(rule) ||
          /^resource_lock:(update|delete|bypass)/.test(rule),
      ])
    }
  })

  test('tokens not scoped to a project pass nothing', () => {
    for (const scope of ['domain', 'system', 'unscoped'] as const) {
      const identity = { ...adminCaller, scope }
      for (const rule of Object.keys(defaultRules)) expect(policy.check(rule, identity)).toBe(false)
    }
  })

  test('an unknown rule refuses, also the administrator', () => {
    expect(policy.check('share:nonsense', adminCaller)).toBe(false)
    expect(policy.has('share:nonsense')).toBe(false)
    expect(policy.has('share:create')).toBe(true)
  })

  test('a refusal is the Forbidden fault and names the rule', () => {
    expect(() => policy.authorize('share:get', memberCaller)).not.toThrow()
    const refusal = (): void => policy.authorize('share:get', memberCaller, other)
    expect(refusal).toThrow(Fault)
    expect(refusal).toThrow(/share:get/)
  })

  test('every default is written as the language prints it', () => {
    for (const text of Object.values(defaultRules)) expect(printCheck(parseRule(text))).toBe(text)
  })
})

describe('a policy file', () => {
  const compile = (rules: Record<string, unknown>): unknown =>
    compileRules(defaultRules, new Map(Object.entries(rules)))

  test('names what is wrong', () => {
    expect(() => compile({ 'share:get': 'rule:project-reeder' })).toThrow(/did you mean "project-reader"/)
    expect(() => compile({ 'share:get': 'role:x and' })).toThrow(/"share:get"/)
    expect(() => compile({ 'share:get': 'rule:share:get' })).toThrow(/share:get → share:get/)
    expect(() =>
      compile({ 'project-member': 'rule:share:get', 'project-reader': 'rule:project-member' }),
    ).toThrow(/circle/)
    expect(() => compile({ 'share:get': 5 })).toThrow(/string or a list/)
  })

  test('is told of rules that nobody knows, with the nearest name, and they are left out', () => {
    const overrides = {
      'share:craete': '@',
      context_is_admn: 'rule:lonely',
      lonely: '@',
      'share:get': 'rule:a',
    }
    const { rules, warnings } = compileRules(
      defaultRules,
      new Map(Object.entries({ ...overrides, a: 'rule:b:c', 'b:c': '!' })),
    )
    expect(warnings).toEqual([
      expect.stringContaining('"share:craete"; did you mean "share:create"?'),
      expect.stringContaining('"context_is_admn"; did you mean "context_is_admin"?'),
      expect.stringContaining('no rule "lonely"'),
    ])
    expect(
      ['share:craete', 'context_is_admn', 'lonely', 'a', 'b:c'].filter((name) => rules.has(name)),
    ).toEqual(['a', 'b:c'])
    const many = Object.fromEntries(Array.from({ length: 200 }, (_, i) => [`x:${i}`, '@']))
    expect(compileRules(defaultRules, new Map(Object.entries(many))).warnings).toHaveLength(51)
  })

  test('a chain of rules that is too long is refused, whatever the order', () => {
    const names = Array.from({ length: 60 }, (_, i) => `h${i}`)
    const chain = names.map((name, i) => [name, i === 59 ? '@' : `rule:h${i + 1}`] as const)
    const all = [...chain, ['share:get', 'rule:h0'] as const]
    expect(() => compile(Object.fromEntries(all))).toThrow(/more than 50/)
    expect(() => compile(Object.fromEntries(all.reverse()))).toThrow(/more than 50/)
  })

  test('overrides with helper rules and the list form', () => {
    const file = join(folder, 'a.yaml')
    writeFileSync(
      file,
      'storage_team: "role:storage"\n"share:force_delete": [["rule:storage_team"], ["role:admin"]]\n',
    )
    const policy = new Policy({ clock: time, file })
    expect(policy.check('share:force_delete', caller(['storage']))).toBe(true)
    expect(policy.check('share:force_delete', memberCaller)).toBe(false)
    expect(policy.check('share:create', memberCaller)).toBe(true)
  })

  test('JSON, and is_admin follows an overridden context_is_admin', () => {
    const file = join(folder, 'a.json')
    writeFileSync(file, JSON.stringify({ context_is_admin: 'role:boss', 'share:manage': 'is_admin:True' }))
    const policy = new Policy({ clock: time, file })
    expect(policy.check('share:manage', caller(['boss']))).toBe(true)
    expect(policy.check('share:manage', caller(['admin']))).toBe(false)
  })

  test('that is missing or wrong stops the start', () => {
    expect(() => new Policy({ clock: time, file: join(folder, 'none.yaml') })).toThrow(/none\.yaml/)
    const file = join(folder, 'list.yaml')
    writeFileSync(file, '- a\n- b\n')
    expect(() => new Policy({ clock: time, file })).toThrow(/map rule names/)
    writeFileSync(file, 'a: &x [*x, *x]\n')
    expect(() => new Policy({ clock: time, file })).toThrow(/policy file/)
  })
})
