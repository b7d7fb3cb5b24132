import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { evaluate, type Credentials } from './evaluate.ts'
import { maxDepth, parseRule, PolicySyntaxError, printCheck, type Check } from './language.ts'

const caller: Credentials = {
  user_id: 'u1',
  project_id: 'p1',
  roles: ['Member', 'reader'],
  is_admin: false,
  token: { user: { domain: 'd1' } },
}
const none = new Map<string, Check>()
const decide = (rule: unknown, target: Record<string, unknown> = {}, rules = none): boolean =>
  evaluate(parseRule(rule), { rules, credentials: caller, target })

describe('checks', () => {
  test.each([
    ['', true],
    ['@', true],
    ['!', false],
    [[], true],
    [[[]], false],
    ['role:member', true],
    ['role:MEMBER', true],
    ['role:admin', false],
    ['is_admin:False', true],
    ['is_admin:True', false],
    ['user_id:u1', true],
    ['token.user.domain:d1', true],
    ['roles:reader', true],
    ['nothing:here', false],
    ['__proto__.x:1', false],
    ['constructor:x', false],
    ['rule:undefined', false],
    ["'a':a", true],
    ["'two words':b", false],
    ['True:True', true],
    ['1:1', true],
    ['role:member and not role:admin', true],
    ['NOT role:member OR Role:reader', false],
    [[['role:member', 'role:admin'], 'role:reader'], true],
    [[['role:member', 'role:admin']], false],
  ])('%j is %j', (rule, expected) => {
    expect(decide(rule)).toBe(expected)
  })

  test('targets: own, other, absent and null', () => {
    expect(decide('project_id:%(project_id)s', { project_id: 'p1' })).toBe(true)
    expect(decide('project_id:%(project_id)s', { project_id: 'p2' })).toBe(false)
    expect(decide('project_id:%(project_id)s', {})).toBe(false)
    expect(decide('nothing:%(project_id)s', { project_id: null })).toBe(false)
    expect(decide('None:%(project_id)s', { project_id: null })).toBe(false)
    expect(decide("'nfs':%(proto)s", { proto: 'nfs' })).toBe(true)
    expect(decide('True:%(is_public)s', { is_public: true })).toBe(true)
    expect(decide('role:%(wanted)s', { wanted: 'reader' })).toBe(true)
    expect(decide('project_id:%(share.project_id)s', { share: { project_id: 'p1' } })).toBe(true)
  })

  test('and binds tighter than or, not tightest, parentheses first', () => {
    expect(decide('@ or @ and !')).toBe(true)
    expect(decide('(@ or @) and !')).toBe(false)
    expect(decide('not ! and @')).toBe(true)
    expect(decide('not @ or @')).toBe(true)
    expect(decide('not (@ or @)')).toBe(false)
    expect(decide('not not @')).toBe(true)
    expect(decide('((project_id:%(project_id)s))', { project_id: 'p1' })).toBe(true)
  })
})

test.each([
  'role',
  'and',
  'role:a role:b',
  'role:a and',
  'or role:a',
  '(role:a',
  'role:a)',
  '()',
  'not',
  ':x',
  'http://policy.example/%(name)s',
  `${'('.repeat(maxDepth + 5)}@${')'.repeat(maxDepth + 5)}`,
  `${'not '.repeat(1000)}@`,
  'x'.repeat(20_000),
  7,
  null,
  [[1]],
  [{}],
])('%j is refused with a sentence', (rule) => {
  expect(() => parseRule(rule)).toThrow(PolicySyntaxError)
})

// ------------------------------------------------------------------------------------------------------------- laws

const word = fc
  .stringMatching(/^[a-z_]{1,8}$/)
  .filter((w) => !['and', 'or', 'not', 'http', 'https'].includes(w))
const right = fc.oneof(
  word,
  word.map((w) => `%(${w})s`),
)
const leaf: fc.Arbitrary<Check> = fc.oneof(
  fc.constant<Check>({ kind: 'always' }),
  fc.constant<Check>({ kind: 'never' }),
  word.map((name): Check => ({ kind: 'rule', name })),
  right.map((name): Check => ({ kind: 'role', name })),
  fc
    .tuple(fc.oneof(word, fc.constant("'it:s (x)'"), fc.constant('True')), right)
    .filter(([left]) => left !== 'rule' && left !== 'role')
    .map(([left, right]): Check => ({ kind: 'match', left, right })),
)
/** Canonical trees: an `and` holds no `and`, an `or` no `or`. */
const tree: fc.Arbitrary<Check> = fc.letrec<{ check: Check }>((tie) => ({
  check: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    leaf,
    tie('check').map((check): Check => ({ kind: 'not', check })),
    ...(['and', 'or'] as const).map((kind) =>
      fc
        .array(
          tie('check').filter((c) => c.kind !== kind),
          { minLength: 2, maxLength: 4 },
        )
        .map((checks): Check => ({ kind, checks })),
    ),
  ),
})).check

test('printing and parsing give the tree back', () => {
  fc.assert(
    fc.property(tree, (check) => {
      expect(parseRule(printCheck(check))).toEqual(check)
    }),
  )
})

test('blanks and letter case of the connectives mean nothing', () => {
  fc.assert(
    fc.property(tree, (check) => {
      const loud = printCheck(check).replaceAll(' and ', '\n AND\t').replaceAll(' or ', '  Or ')
      expect(parseRule(loud)).toEqual(check)
    }),
  )
})

test('evaluation agrees with JavaScript on the same expression', () => {
  const truth = fc.record({ always: fc.constant(true), a: fc.boolean(), b: fc.boolean(), c: fc.boolean() })
  const atom = fc.constantFrom('a', 'b', 'c', 'always')
  const expression = fc.letrec<{ e: string }>((tie) => ({
    e: fc.oneof(
      { depthSize: 'small', withCrossShrink: true },
      atom,
      tie('e').map((e) => `not ${/^\w+$/.test(e) ? e : `(${e})`}`),
      tie('e').map((e) => `(${e})`),
      fc.tuple(tie('e'), tie('e')).map(([l, r]) => `${l} and ${r}`),
      fc.tuple(tie('e'), tie('e')).map(([l, r]) => `${l} or ${r}`),
    ),
  })).e
  fc.assert(
    fc.property(expression, truth, (text, values) => {
      const script = text
        .replaceAll(/\bnot\b/g, '!')
        .replaceAll(/\band\b/g, '&&')
        .replaceAll(/\bor\b/g, '||')
      const names = Object.keys(values)
      // eslint-disable-next-line no-new-func, typescript/no-implied-eval
      const expected: unknown = new Function(...names, `return ${script}`)(...Object.values(values))
      const rule = text.replaceAll(/\b(a|b|c|always)\b/g, 'flag_$1:True')
      const credentials = Object.fromEntries(Object.entries(values).map(([k, v]) => [`flag_${k}`, v]))
      expect(evaluate(parseRule(rule), { rules: none, credentials, target: {} })).toBe(expected)
    }),
  )
})

test('any text either parses or is refused with a PolicySyntaxError', () => {
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string({ unit: fc.constantFrom(...'( ) a b : % ! @ \' " or'.split(' '), ' ') }),
        fc.anything(),
      ),
      (rule) => {
        try {
          parseRule(rule)
        } catch (error) {
          expect(error).toBeInstanceOf(PolicySyntaxError)
        }
      },
    ),
  )
})

test('rules that refer to one another twice at every level are decided in linear time', () => {
  const rules = new Map(
    Array.from({ length: 40 }, (_, i) => [`r${i}`, parseRule(`rule:r${i + 1} or rule:r${i + 1}`)] as const),
  )
  expect(decide('rule:r0', {}, rules)).toBe(false)
})
