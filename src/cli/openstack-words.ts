/**
 * Accepts commands as `openstack` spells them: there every noun stands behind `share`, and is written as several words.
 * `share access create` and `share export location list` mean `access create` and `export-location list`.
 */
import { globalOptions } from './globals.ts'

const joined: readonly (readonly [first: string, second: string])[] = [
  ['export', 'location'],
  ['availability', 'zone'],
  ['ensure', 'shares'],
]

/** `nouns` are the first words of all commands. Only the words of the command change, never values. */
export function fromOpenstack(argv: readonly string[], nouns: ReadonlySet<string>): string[] {
  const start = firstWord(argv)
  let words = argv.slice(start)
  // The longest command has four words, which `openstack` spells as six.
  for (let at = 0; at < Math.min(6, words.length - 1); at++) {
    if (words[at]?.startsWith('-') === true) break
    if (joined.some(([first, second]) => words[at] === first && words[at + 1] === second)) {
      words = [...words.slice(0, at), `${words[at]}-${words[at + 1]}`, ...words.slice(at + 2)]
    }
  }
  const [first, second] = words
  if (first === 'share' && second !== undefined && second !== 'share' && nouns.has(second))
    words = words.slice(1)
  return [...argv.slice(0, start), ...words]
}

/** Where the command begins, behind global options and their values. */
export function firstWord(argv: readonly string[]): number {
  let at = 0
  while (at < argv.length) {
    const one = argv[at] ?? ''
    if (!one.startsWith('-')) return at
    const spec = Object.hasOwn(globalOptions, one.slice(2)) ? globalOptions[one.slice(2)] : undefined
    at += spec !== undefined && spec.metavar !== null ? 2 : 1
  }
  return at
}
