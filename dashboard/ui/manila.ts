/**
 * The command that does what a form does, as the command line itself reads it. `test/dashboard-commands.test.ts` has every one of them
 * read so, whatever is typed into the form.
 */
import { command } from './shell-quote.ts'

/** What no option can say. */
const unsayable = Symbol('unsayable')

type Value = string | number | boolean | null | undefined | readonly string[] | typeof unsayable

/**
 * `manila('share create', ['NFS', 1], { name, property: pairTexts(metadata), wait: true })`. What is null, undefined or false is left
 * out; `true` is an option without a value; of a list, each is an option of its own. Empty where it can't be said.
 */
export const manila = (
  verb: string,
  args: readonly (string | number)[],
  options: Readonly<Record<string, Value>> = {},
): string => commandOf('manila', verb, args, options)

/** The same of accounts, which the identity's own client changes. */
export const openstack = (
  verb: string,
  args: readonly string[],
  options: Readonly<Record<string, Value>> = {},
): string => commandOf('openstack', verb, args, options)

function commandOf(
  program: string,
  verb: string,
  args: readonly (string | number)[],
  options: Readonly<Record<string, Value>>,
): string {
  if (Object.values(options).includes(unsayable)) return ''
  const words = Object.entries(options).flatMap(([name, value]) => optionWords(`--${name}`, value))
  const start = [program, ...verb.split(' ')]
  // What begins with a dash is an argument all the same.
  return args.some((one) => String(one).startsWith('-'))
    ? command(start, words, '--', args)
    : command(start, args, words)
}

function optionWords(option: string, value: Value): readonly string[] {
  if (value === null || value === undefined || value === false || typeof value === 'symbol') return []
  if (value === true) return [option]
  if (typeof value === 'object') return value.flatMap((one) => optionWords(option, one))
  const text = String(value)
  // A value that reads as an option would be taken for one.
  return text.startsWith('-') ? [`${option}=${text}`] : [option, text]
}

/** Null, which leaves the option out, of an empty text. */
export const given = (text: string): string | null => (text === '' ? null : text)

/** `key=value` each, as options take pairs: the first `=` ends the key, so that no key can hold one. */
export const pairTexts = (record: Readonly<Record<string, string>>): readonly string[] | typeof unsayable =>
  Object.keys(record).some((key) => key.includes('='))
    ? unsayable
    : Object.entries(record).map(([key, value]) => `${key}=${value}`)

const joined = (by: string, commands: readonly (string | null)[]): string => {
  const there = commands.filter((one) => one !== null)
  return there.includes('') ? '' : there.join(by)
}

/** One command after another, each only if the one before went well; those that are null are left out. */
export const inTurn = (...commands: readonly (string | null)[]): string => joined(' && ', commands)

/** A line for each. */
export const lines = (commands: readonly string[]): string => joined('\n', commands)
