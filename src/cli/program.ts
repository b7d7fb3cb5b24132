/** Makes a commander program of the commands: parsing, help and suggestions come from there. */
import { Command as Program, CommanderError, Option } from 'commander'
import type { ArgSpec, Command, OptionSpec } from './command.ts'
import { globalOptions, listOptions, outputOptions, shortNames } from './globals.ts'
import { version } from '../runtime/version.ts'
import { UsageError } from './usage-error.ts'

/** What was typed, read and checked. */
export interface Invocation {
  readonly command: Command
  readonly args: Readonly<Record<string, unknown>>
  readonly options: Readonly<Record<string, unknown>>
  readonly globals: Readonly<Record<string, unknown>>
}

/** Columns of help texts, whatever the terminal: they are golden files. */
const helpWidth = 100

export interface Writers {
  readonly out: (text: string) => void
  readonly err: (text: string) => void
}

/** `run` is called with what was typed; its promise is awaited by `parseAsync`. */
export function buildProgram(
  commands: readonly Command[],
  nouns: Readonly<Record<string, string>>,
  writers: Writers,
  run: (invocation: Invocation) => Promise<void>,
): Program {
  const program = configured(new Program('manila'), writers)
    .description('Shared file systems: shares, snapshots, who may use them, and what runs them.')
    .version(version, '-V, --version', 'Show the version of this program.')
    .helpOption('-h, --help', 'Show help.')
    .helpCommand(false)
    .usage('[options] <noun> <verb> …')
    .addHelpText('after', '\nmanila help tree    shows every command in one page.')
  addOptions(program, globalOptions)
  for (const one of commands) {
    for (const words of [one.words, ...(one.also ?? [])]) addCommand(program, words, one, nouns, writers, run)
  }
  return program
}

/** The options of a command, its own and those of its output. */
export function optionsOf(command: Command): Readonly<Record<string, OptionSpec>> {
  return {
    ...command.options,
    ...(command.gives === 'nothing' ? {} : outputOptions),
    ...(command.gives === 'list' ? listOptions : {}),
  }
}

function addCommand(
  program: Program,
  words: string,
  command: Command,
  nouns: Readonly<Record<string, string>>,
  writers: Writers,
  run: (invocation: Invocation) => Promise<void>,
): void {
  const path = words.split(' ')
  let parent = program
  for (const [at, word] of path.slice(0, -1).entries()) {
    const known = parent.commands.find((one) => one.name() === word)
    const summary = nouns[path.slice(0, at + 1).join(' ')] ?? `Commands of ${word}.`
    parent =
      known ??
      configured(parent.command(word), writers).description(summary).usage('<verb> …').helpCommand(false)
  }
  const also = words === command.words ? '' : ` The same as ${command.words}.`
  const verb = configured(parent.command(path.at(-1) ?? ''), writers)
    .description(command.summary + also)
    .allowExcessArguments(false)
    .addHelpText('after', '\nOptions of every command (which cloud, who, --debug…): manila --help')
  for (const [name, spec] of Object.entries(command.args))
    verb.argument(argumentSyntax(name, spec), says(spec))
  const options = optionsOf(command)
  addOptions(verb, options)
  verb.action(async (...typed: unknown[]) => {
    const raw = typed.slice(0, Object.keys(command.args).length)
    await run({
      command,
      args: readArgs(command, raw),
      options: readOptions(options, verb),
      globals: readOptions(globalOptions, program),
    })
  })
}

function configured(program: Program, { out, err }: Writers): Program {
  return program
    .configureHelp({ helpWidth, sortOptions: false })
    .configureOutput({
      writeOut: out,
      writeErr: err,
      getOutHelpWidth: () => helpWidth,
      getErrHelpWidth: () => helpWidth,
    })
    .showHelpAfterError('Add --help to see how it is used.')
    .showSuggestionAfterError(true)
    .helpOption('-h, --help', 'Show this help.')
    .exitOverride()
}

const says = ({ says: sentence, choices }: ArgSpec | OptionSpec): string =>
  choices === null || choices.length > 8 || sentence.includes(choices.join(', '))
    ? sentence
    : `${sentence} One of ${choices.join(', ')}.`

const argumentSyntax = (name: string, { kind }: ArgSpec): string =>
  kind === 'one' ? `<${name}>` : kind === 'optional' ? `[${name}]` : `<${name}...>`

function addOptions(program: Program, specs: Readonly<Record<string, OptionSpec>>): void {
  for (const [name, spec] of Object.entries(specs)) {
    const short = shortNames[name] === undefined ? '' : `-${shortNames[name]}, `
    const metavar = spec.metavar === null ? '' : ` <${spec.metavar}>`
    const option = new Option(`${short}--${name}${metavar}`, says(spec))
    if (spec.metavar !== null) {
      option.argParser((one: string, before: unknown) => [
        ...((before as readonly string[] | undefined) ?? []),
        one,
      ])
    }
    program.addOption(option)
  }
}

function readOptions(specs: Readonly<Record<string, OptionSpec>>, program: Program): Record<string, unknown> {
  const typed: Readonly<Record<string, unknown>> = program.opts()
  return Object.fromEntries(
    program.options.flatMap((option) => {
      const name = option.long?.slice(2) ?? ''
      const spec = Object.hasOwn(specs, name) ? specs[name] : undefined
      if (spec === undefined) return []
      const given = typed[option.attributeName()]
      const raw = Array.isArray(given) ? (given as string[]) : given === true ? [''] : []
      return [[name, named(`--${name}`, () => spec.read(raw))] as const]
    }),
  )
}

function readArgs(command: Command, raw: readonly unknown[]): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(command.args).map(([name, spec], at) => {
      const one = raw[at]
      const values = Array.isArray(one) ? (one as string[]) : one === undefined ? [] : [String(one)]
      return [name, named(`<${name}>`, () => spec.read(values))]
    }),
  )
}

/** Says which option a bad value was given to. */
function named<T>(name: string, read: () => T): T {
  try {
    return read()
  } catch (error) {
    if (!(error instanceof UsageError)) throw error
    throw new UsageError(`${name}: ${error.message}`)
  }
}

/** Help that was asked for ends with 0; help shown because a verb is missing, like any other mistake, does not. */
export const commanderExit = (error: unknown): 'help' | 'usage' | null =>
  !(error instanceof CommanderError) ? null : error.exitCode === 0 ? 'help' : 'usage'
