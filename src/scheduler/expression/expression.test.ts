import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { ExpressionError, compileExpression } from './expression.ts'

const scope = {
  stats: { total_capacity_gb: 100, free_capacity_gb: '40.5', name: 'acme', up: true, nested: { depth: 3 } },
  share: { size: 10 },
}

function value(text: string): number | boolean {
  return compileExpression(text).evaluate(scope)
}

/** The message when it has no value. */
function failure(text: string): string {
  try {
    value(text)
  } catch (cause) {
    if (cause instanceof ExpressionError) return cause.message
    throw cause
  }
  throw new Error(`${text} has a value`)
}

describe('filter and goodness functions', () => {
  test.each<[string, number | boolean]>([
    ['1 + 2 * 3', 7],
    ['(1 + 2) * 3', 9],
    ['8 / 2 / 2', 2],
    ['10 - 3 - 2', 5],
    ['2 ^ 3 ^ 2', 512],
    ['-2 ^ 2', -4],
    ['2 ^ -1', 0.5],
    ['- - 3', 3],
    ['.5 + 1.25', 1.75],
    ['abs(-3) + min(4, 2, 3) + max(1, 5)', 10],
    ['1 < 2 < 3', true],
    ['3 > 2 > 2', false],
    ['1 <> 2', true],
    ['1 == 1.0', true],
    ['not 0 == 1', true],
    ['!(1 == 1)', false],
    ['1 < 2 and 2 < 3 & 3 < 4 && 4 < 3', false],
    ['0 or 0 || 60', 60],
    ['5 AND 7', 7],
    ['1 > 2 ? 10 : 20', 20],
    ['0 ? 1 : 0 ? 2 : 3', 3],
    ['1 ? 2 : 3 and 0', 0],
    ['stats.total_capacity_gb>1?stats.free_capacity_gb:0', 40.5],
    ['stats.nested.depth', 3],
    ['stats.up', 1],
    ['(share.size / stats.total_capacity_gb) * 100 <= 10', true],
    // What is not reached needs no value.
    ['0 and stats.gone', 0],
    ['1 ? 2 : 1 / 0', 2],
  ])('%s = %s', (text, expected) => {
    expect(value(text)).toBe(expected)
  })

  test.each([
    ['', 'it ends where a value was expected'],
    ['1 / 0', 'it divides by zero'],
    ['1 / (2 - 2)', 'it divides by zero'],
    ['stats.gone > 1', 'stats.gone has no value'],
    ['size', 'size has no value'],
    ['stats.constructor.length', 'stats.constructor.length has no value'],
    ['stats.__proto__.x', 'stats.__proto__.x has no value'],
    ['stats.name == 1', 'stats.name is not a number'],
    ['10 ^ 400', 'a result is not a finite number'],
    ['(0 - 1) ^ .5', 'a result is not a finite number'],
    ['1 +', 'it ends where a value was expected'],
    ['1 2', "nothing was expected at character 3 ('2')"],
    ['(1', "')' was expected at the end"],
    ['1 ? 2', "':' was expected at the end"],
    ['sqrt(4)', "there is no function 'sqrt'; known: abs, min, max"],
    ['abs(1, 2)', 'abs takes one value'],
    ['max()', "a value was expected at character 5 (')')"],
    ['1 = 1', 'character 3 ("=") has no meaning'],
    ['process.exit()', "there is no function 'process.exit'; known: abs, min, max"],
  ])('%s fails: %s', (text, message) => {
    expect(failure(text)).toBe(message)
  })

  test('agrees with the language this is written in', () => {
    const { tree } = fc.letrec<{ tree: string; leaf: string }>((tie) => ({
      leaf: fc.oneof(
        fc.integer({ min: 0, max: 20 }).map(String),
        fc.constantFrom('share.size', 'stats.nested.depth'),
      ),
      tree: fc.oneof(
        { depthSize: 'small', withCrossShrink: true },
        tie('leaf'),
        fc
          .tuple(
            tie('tree'),
            fc.constantFrom('+', '-', '*', '<', '>', '<=', '>=', '==', '!=', '&&', '||'),
            tie('tree'),
          )
          .map(([a, op, b]) => `(${a} ${op} ${b})`),
        fc.tuple(tie('tree'), tie('tree'), tie('tree')).map(([a, b, c]) => `(${a} ? ${b} : ${c})`),
        tie('tree').map((a) => `-(${a})`),
        tie('tree').map((a) => `(!(${a}))`),
      ),
    }))
    fc.assert(
      fc.property(tree, (text) => {
        fc.pre(text.length < 2000)
        // Only text this test made reaches Function.
        // oxlint-disable-next-line typescript/no-implied-eval
        const oracle = new Function('stats', 'share', `return ${text}`)
        const expected: unknown = oracle(scope.stats, scope.share)
        expect(Number(value(text)) - Number(expected)).toBe(0)
      }),
    )
  })

  test('arbitrary text gives a value or its own error', () => {
    const pieces = fc.constantFrom(
      '(',
      ')',
      '+',
      '-',
      '^',
      '!',
      '?',
      ':',
      ',',
      'min',
      'and',
      '1',
      '.',
      'share.size',
      ' ',
    )
    const soup = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.array(pieces, { maxLength: 60 }).map((all) => all.join('')),
    )
    fc.assert(
      fc.property(soup, (text) => {
        try {
          expect(['number', 'boolean']).toContain(typeof value(text))
        } catch (cause) {
          if (!(cause instanceof ExpressionError)) throw cause
        }
      }),
      { numRuns: 2000 },
    )
  })

  test('hostile text ends soon', () => {
    const started = performance.now()
    for (const piece of [
      '(',
      '!',
      '-',
      '1^',
      '1?',
      '1?1:',
      '1+',
      'min(',
      '1<',
      '1 and ',
      'a.',
      '9',
      '.',
      ' ',
      'not ',
    ]) {
      for (const length of [2048, 100_000]) {
        const text = piece.repeat(Math.floor(length / piece.length))
        for (const tail of ['', '1', ')']) {
          try {
            value(text + tail)
          } catch (cause) {
            expect(cause).toBeInstanceOf(ExpressionError)
          }
        }
      }
    }
    expect(value(`1${'+1'.repeat(1023)}`)).toBe(1024)
    expect(performance.now() - started).toBeLessThan(2000)
  })

  test('the limits are what they say', () => {
    expect(value(`1${' '.repeat(2047)}`)).toBe(1)
    expect(failure(`1${' '.repeat(2048)}`)).toBe('it is longer than 2048 characters')
    expect(value(`${'('.repeat(63)}1${')'.repeat(63)}`)).toBe(1)
    expect(failure(`${'('.repeat(64)}1${')'.repeat(64)}`)).toBe('it is nested deeper than 64')
  })

  test('knows the names it mentions', () => {
    expect([...compileExpression('share.size < 5 ? stats.a : min(stats.b, 1)').names]).toEqual([
      'share.size',
      'stats.a',
      'min',
      'stats.b',
    ])
  })
})
