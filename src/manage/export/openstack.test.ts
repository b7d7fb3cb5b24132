import { execFileSync } from 'node:child_process'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { commandOf } from './openstack.ts'

test('a shell reads each name as it is, whatever is in it', () => {
  const name = fc
    .string({ unit: 'grapheme', minLength: 1, maxLength: 30 })
    .filter((one) => !one.includes('\0'))
  const odd = fc.constantFrom(
    "it's",
    '$(id)',
    '`id`',
    '-x',
    '--',
    'a\nb',
    '"',
    '\\',
    '; id #',
    '*',
    '~',
    '&',
    "'",
  )
  const commands = fc.array(fc.tuple(fc.oneof(name, odd), fc.oneof(name, odd)), {
    minLength: 50,
    maxLength: 50,
  })
  fc.assert(
    fc.property(commands, (pairs) => {
      const lines = pairs.map(([option, last]) =>
        commandOf('user create', [['--description', option]], [last]),
      )
      const script = `openstack() { printf '%s\\0' "$@" ''; }\n${lines.join('\n')}\n`
      const read = execFileSync('/bin/sh', ['-c', script], { encoding: 'utf8', env: {} }).split('\0\0')
      const expected = pairs.map(([option, last]) => [
        'user',
        'create',
        ...(option.startsWith('-') ? [`--description=${option}`] : ['--description', option]),
        ...(last.startsWith('-') ? ['--', last] : [last]),
      ])
      expect(read.slice(0, -1).map((one) => one.split('\0'))).toEqual(expected)
    }),
    { numRuns: 20 },
  )
})
