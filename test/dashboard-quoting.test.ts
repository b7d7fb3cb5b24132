/** A copied command says to the shell exactly what it shows, whatever a name holds: asked of a real bash. */
import { execFileSync } from 'node:child_process'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { command, quoted } from '../dashboard/ui/shell-quote.ts'

/** How many words a line is meant to have. */
const countOf = new Map<string, number>()
const lineOf = (meant: readonly string[]): string => {
  const line = meant.map(quoted).join(' ')
  countOf.set(line, meant.length)
  return line
}

const env = { PATH: process.env.PATH, LC_ALL: 'C.UTF-8' }

/** What one shell makes of the lines: the words of each. */
function words(lines: readonly string[]): string[][] {
  const script = lines.map((line) => `printf '%s\\0' ${line}; printf '\\0'`).join('\n')
  const said = execFileSync('bash', ['--norc', '--noprofile', '-c', script], {
    env,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
    maxBuffer: 64 * 1024 * 1024,
  })
  const answers: string[][] = []
  let rest = said
  for (const line of lines) {
    const count = countOf.get(line) ?? 0
    const words: string[] = []
    for (let at = 0; at < count; at++) {
      const end = rest.indexOf('\0')
      words.push(rest.slice(0, end))
      rest = rest.slice(end + 1)
    }
    if (!rest.startsWith('\0')) return [[`more or fewer words than meant: ${line}`]]
    rest = rest.slice(1)
    answers.push(words)
  }
  return answers
}

/** Whatever a name may hold; no argument of a program can hold a NUL. */
const anything = fc
  .array(
    fc.oneof(
      fc.string({ unit: 'grapheme', minLength: 1, maxLength: 4 }),
      fc.constantFrom(
        "'",
        '"',
        '\\',
        '$HOME',
        '`id`',
        '$(id)',
        '!',
        '~',
        '*',
        ' ',
        '\n',
        '\t',
        '\r',
        ';',
        '&',
        '|',
        '#',
        '-x',
      ),
      fc.constantFrom(
        '\u202E',
        '\u2066',
        '\u200B',
        '\uFEFF',
        '\u0007',
        '\u001B[31m',
        '\u0085',
        '📷',
        'א',
        '0',
        'f',
      ),
    ),
    { maxLength: 8 },
  )
  .map((pieces) => pieces.join('').replaceAll('\0', ''))

it('reads every word as it was meant', () => {
  fc.assert(
    fc.property(
      fc.array(fc.array(anything, { minLength: 1, maxLength: 20 }), { minLength: 40, maxLength: 60 }),
      (meant) => {
        expect(words(meant.map(lineOf))).toEqual(meant)
      },
    ),
    { numRuns: 10 },
  )
})

it('shows nothing that a terminal or a reader would act on', () => {
  fc.assert(
    fc.property(anything, (text) => {
      // eslint-disable-next-line no-control-regex
      expect(quoted(text)).not.toMatch(/[\u0000-\u001F\u007F-\u009F\u202A-\u202E\u2066-\u2069\u200B]/)
    }),
  )
})

it('leaves out what is not set, and quotes the rest', () => {
  const line = command('manila', 'share', 'create', ['--name', "it's $HOME"], null, undefined, ['--size', 3])
  countOf.set(line, 7)
  expect(words([line])).toEqual([['manila', 'share', 'create', '--name', "it's $HOME", '--size', '3']])
})
