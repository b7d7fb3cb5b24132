import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { anchoredPattern } from './anchored-pattern.ts'

const begins = (pattern: string, text: string): boolean | null => anchoredPattern(pattern)?.(text) ?? null

describe('anchored patterns', () => {
  it.each([
    ['node', 'node1', true],
    ['ode', 'node1', false],
    ['.*', '', true],
    ['node1$', 'node1', true],
    ['node$', 'node1', false],
    ['^node', 'node1', true],
    ['n(?:o|a)de[0-9]+', 'nade42', true],
    ['n(o|a)de[^0-9]', 'node4', false],
    ['a{2,3}b', 'aaab', true],
    ['a{2,3}b', 'ab', false],
    ['a{0}b', 'b', true],
    ['a{,2}b', 'aab', true],
    ['a{2,}$', 'aaaa', true],
    ['{x', '{x', true],
    ['\\w+@\\w+', 'host@alpha', true],
    ['[]a]', ']', true],
    ['[a-]', '-', true],
    ['\\.', 'x', false],
    ['a|', 'zzz', true],
    ['(a*)*b', 'aab', true],
    ['a+?', 'aa', true],
  ])('%s against %s', (pattern, text, expected) => {
    expect(begins(pattern, text)).toBe(expected)
  })

  it.each(['(', ')', '[', 'a**', '*a', 'a{3,2}', '(?=a)', '(?!a)', '(a)\\1', '\\b', '[z-a]', '(?i)a', '\\'])(
    'refuses %s',
    (pattern) => {
      expect(anchoredPattern(pattern)).toBeNull()
    },
  )

  it('refuses what would become too large', () => {
    expect(anchoredPattern('a'.repeat(257))).toBeNull()
    expect(anchoredPattern('((((a{99}){99}){99}){99})')).toBeNull()
    expect(anchoredPattern('('.repeat(40) + ')'.repeat(40))).toBeNull()
  })

  it('answers at once where a backtracking engine would not', () => {
    const startedAt = performance.now()
    expect(begins('(a+)+$', `${'a'.repeat(250)}!`)).toBe(false)
    expect(begins('(a|a)*b', 'a'.repeat(250))).toBe(false)
    expect(begins(`${'a*'.repeat(60)}b`, 'a'.repeat(250))).toBe(false)
    expect(performance.now() - startedAt).toBeLessThan(2000)
  })

  it('agrees with the built-in engine on short patterns', () => {
    const piece = fc.constantFrom(
      'a',
      'b',
      '.',
      'a*',
      'b+',
      '[ab]',
      '[^a]',
      '(?:a|b)',
      '(ab)?',
      '^',
      '$',
      'a{1,2}',
      '|',
    )
    const pattern = fc.array(piece, { maxLength: 6 }).map((pieces) => pieces.join(''))
    const text = fc.array(fc.constantFrom('a', 'b', 'c'), { maxLength: 6 }).map((c) => c.join(''))
    fc.assert(
      fc.property(pattern, text, (p, t) => {
        expect(begins(p, t)).toBe(new RegExp(`^(?:${p})`, 'u').test(t))
      }),
    )
  })

  it('never throws', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary-ascii' }), fc.string({ unit: 'binary-ascii' }), (p, t) => {
        expect([true, false, null]).toContain(begins(p, t))
      }),
    )
  })
})
