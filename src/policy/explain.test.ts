/** An explanation says what the decision says, for any rule, caller and target. */
import { describe, expect, test } from 'vitest'
import type { Identity } from '../model/identity.ts'
import { defaultRules } from './defaults/index.ts'
import { Policy } from './enforce.ts'
import type { Explained } from './explain.ts'

const policy = new Policy({ clock: { now: () => 0 } })
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

/** Whether a node's outcome follows from its operands. */
function holds({ text, passes, operands }: Explained): boolean {
  if (!operands.every(holds)) return false
  if (operands.length === 0) return true
  const outcomes = operands.map((operand) => operand.passes)
  if (text.startsWith('rule:') && operands.length === 1) return passes === outcomes[0]
  if (text.startsWith('not ') && operands.length === 1) return passes !== outcomes[0]
  return passes === outcomes.every(Boolean) || passes === outcomes.some(Boolean)
}

describe('an explanation', () => {
  const targets = [undefined, { project_id: 'p1', user_id: 'u2' }, { project_id: 'p2' }, {}]
  const callers = [['admin'], ['member', 'reader'], ['reader'], ['service'], []].map((roles) => caller(roles))
  test.each(Object.keys(defaultRules))('of %s agrees with the decision', (rule) => {
    for (const one of callers) {
      for (const target of targets) {
        const { allowed, tree } = policy.explain(rule, one, target)
        expect([one.roles, target, allowed]).toEqual([one.roles, target, policy.check(rule, one, target)])
        expect(tree?.passes).toBe(allowed)
        expect(holds(tree!)).toBe(true)
      }
    }
  })

  test('says what was compared with what', () => {
    const { tree } = policy.explain('share:extend', caller(['member']), { project_id: 'p2' })
    const lines: string[] = []
    const walk = ({ text, why, operands }: Explained): void => {
      lines.push(why === null ? text : `${text}: ${why}`)
      operands.forEach(walk)
    }
    walk(tree!)
    expect(lines).toEqual([
      'rule:context_is_admin or rule:project-member',
      'rule:context_is_admin',
      'role:admin: the caller has member',
      'rule:project-member',
      'role:member and project_id:%(project_id)s',
      'role:member: the caller has member',
      "project_id:%(project_id)s: the caller's project_id is p1, the target's is p2",
    ])
  })

  test('says what decides before any rule', () => {
    const system = policy.explain('share:get', caller(['admin'], { scope: 'system' }))
    expect(system).toMatchObject({
      allowed: false,
      beforehand: expect.stringContaining('"system"') as string,
    })
    expect(policy.explain('share:nonsense', caller(['admin']))).toMatchObject({
      allowed: false,
      beforehand: expect.stringContaining('nobody defined') as string,
      tree: null,
    })
  })
})
