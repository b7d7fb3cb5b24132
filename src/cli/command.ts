/**
 * A command as data: its words, arguments, options and what it runs. The program, the help, the completions and the
 * golden files are all made from these; the types of `args` and `options` inside `run` are inferred from them.
 */
import type { Client } from '../sdk/client.ts'
import type { Output } from './output/shape.ts'
import type { Session } from './session.ts'
import { UsageError } from './usage-error.ts'

export interface OptionSpec<T = unknown> {
  readonly says: string
  /** `<name>` in help; null = a flag. */
  readonly metavar: string | null
  readonly repeats: boolean
  readonly choices: readonly string[] | null
  /** Gets what was typed, one string for each occurrence. Throws {@link UsageError}. */
  readonly read: (raw: readonly string[]) => T
}

export interface ArgSpec<T = unknown> {
  readonly says: string
  readonly kind: 'one' | 'optional' | 'many'
  readonly choices: readonly string[] | null
  readonly read: (raw: readonly string[]) => T
}

type Args = Readonly<Record<string, ArgSpec>>
type Options = Readonly<Record<string, OptionSpec>>
type Values<Specs> = {
  readonly [Name in keyof Specs]: Specs[Name] extends { readonly read: (raw: readonly string[]) => infer T }
    ? T
    : never
}

export interface Run<A, O> {
  readonly args: Values<A>
  readonly options: Values<O>
  readonly session: Session
  /** Connects on first use: commands that need no server never do. */
  readonly connect: () => Promise<Client>
}

export interface Command {
  /** `share export location list`. */
  readonly words: string
  /** Other words for the same. */
  readonly also?: readonly string[]
  /** One sentence; an imperative without its subject. */
  readonly summary: string
  readonly args: Args
  readonly options: Options
  /** Decides which output options it takes. */
  readonly gives: 'list' | 'show' | 'nothing'
  readonly run: (run: Run<Args, Options>) => Promise<Output | undefined>
}

/** Declares a command and infers the types inside `run`. */
export function command<const A extends Args = {}, const O extends Options = {}>(spec: {
  readonly words: string
  readonly also?: readonly string[]
  readonly summary: string
  readonly args?: A
  readonly options?: O
  readonly gives: Command['gives']
  readonly run: (run: Run<A, O>) => Promise<Output | undefined | void>
}): Command {
  return { ...spec, args: spec.args ?? {}, options: spec.options ?? {} } as unknown as Command
}

// -------------------------------------------------------------------------------------------------- kinds of options

const plain = { repeats: false, choices: null }

export const text = (metavar: string, says: string): OptionSpec<string | undefined> => ({
  ...plain,
  metavar,
  says,
  read: (raw) => raw.at(-1),
})

export const flag = (says: string): OptionSpec<boolean> => ({
  ...plain,
  metavar: null,
  says,
  read: (raw) => raw.length > 0,
})

export const texts = (metavar: string, says: string): OptionSpec<readonly string[]> => ({
  ...plain,
  repeats: true,
  metavar,
  says: `${says} May be repeated.`,
  read: (raw) => raw,
})

export const whole = (metavar: string, says: string, least = 0): OptionSpec<number | undefined> => ({
  ...plain,
  metavar,
  says,
  read: (raw) => (raw.length === 0 ? undefined : wholeNumber(raw.at(-1) ?? '', metavar, least)),
})

export const oneOf = <const Choice extends string>(
  choices: readonly Choice[],
  metavar: string,
  says: string,
): OptionSpec<Choice | undefined> => ({
  ...plain,
  choices,
  metavar,
  says,
  read: (raw) => (raw.length === 0 ? undefined : chosen(choices, raw.at(-1) ?? '', metavar)),
})

export const yesNo = (says: string): OptionSpec<boolean | undefined> => ({
  ...plain,
  choices: ['true', 'false'],
  metavar: 'true|false',
  says,
  read: (raw) => (raw.length === 0 ? undefined : truth(raw.at(-1) ?? '', 'value')),
})

export const pairs = (
  says: string,
  metavar = 'key=value',
): OptionSpec<Readonly<Record<string, string>> | undefined> => ({
  ...plain,
  repeats: true,
  metavar,
  says: `${says} May be repeated.`,
  read: (raw) => (raw.length === 0 ? undefined : Object.fromEntries(raw.map((one) => pairOf(one)))),
})

// ------------------------------------------------------------------------------------------------ kinds of arguments

export const arg = (says: string): ArgSpec<string> => ({
  kind: 'one',
  says,
  choices: null,
  read: (raw) => raw[0] ?? '',
})

export const optionalArg = (says: string): ArgSpec<string | undefined> => ({
  kind: 'optional',
  says,
  choices: null,
  read: (raw) => raw[0],
})

export const args = (says: string): ArgSpec<readonly string[]> => ({
  kind: 'many',
  says,
  choices: null,
  read: (raw) => raw,
})

export const wholeArg = (says: string, least = 1): ArgSpec<number> => ({
  kind: 'one',
  says,
  choices: null,
  read: (raw) => wholeNumber(raw[0] ?? '', 'the number', least),
})

export const choiceArg = <const Choice extends string>(
  choices: readonly Choice[],
  says: string,
): ArgSpec<Choice> => ({
  kind: 'one',
  says,
  choices,
  read: (raw) => chosen(choices, raw[0] ?? '', 'the argument'),
})

export const yesNoArg = (says: string): ArgSpec<boolean> => ({
  kind: 'one',
  says,
  choices: ['true', 'false'],
  read: (raw) => truth(raw[0] ?? '', 'the argument'),
})

// ---------------------------------------------------------------------------------------------------------- reading

function wholeNumber(raw: string, what: string, least: number): number {
  const value = Number(raw)
  if (!/^-?\d{1,10}$/.test(raw) || value < least) {
    throw new UsageError(`${what} must be a whole number, ${least} or more, not ${JSON.stringify(raw)}.`)
  }
  return value
}

function chosen<Choice extends string>(choices: readonly Choice[], raw: string, what: string): Choice {
  // Protocols and levels are typed in either case.
  const found = choices.find((choice) => choice.toLowerCase() === raw.toLowerCase())
  if (found === undefined) {
    throw new UsageError(`${what} must be one of ${choices.join(', ')}, not ${JSON.stringify(raw)}.`)
  }
  return found
}

function truth(raw: string, what: string): boolean {
  if (/^(1|t|true|on|y|yes)$/i.test(raw)) return true
  if (/^(0|f|false|off|n|no)$/i.test(raw)) return false
  throw new UsageError(`${what} must be true or false, not ${JSON.stringify(raw)}.`)
}

function pairOf(raw: string): readonly [string, string] {
  const at = raw.indexOf('=')
  if (at < 1) throw new UsageError(`${JSON.stringify(raw)} is not of the form key=value.`)
  return [raw.slice(0, at), raw.slice(at + 1)]
}
