/**
 * The command line `manila`: parses, connects, runs one command, prints what it gives and explains what fails. It speaks to
 * the service through `sdk/` only and refuses to know how anything works behind the API.
 */
import type { Client } from '../sdk/client.ts'
import type { connect } from '../sdk/connect.ts'
import type { Trace } from '../sdk/exchange.ts'
import { allCommands, commandsOf, firstWords, nouns } from './commands/index.ts'
import type { Command } from './command.ts'
import { exitCodes } from './exit-codes.ts'
import { explain } from './explain.ts'
import { readGlobals, readShape } from './globals.ts'
import { firstWord, fromOpenstack } from './openstack-words.ts'
import { escapeControls } from './output/escape.ts'
import { print } from './output/output.ts'
import { buildProgram, commanderExit, type Invocation } from './program.ts'
import type { Session } from './session.ts'
import { UsageError } from './usage-error.ts'

export interface World {
  readonly argv: readonly string[]
  readonly env: Readonly<Record<string, string | undefined>>
  readonly out: (text: string) => void
  readonly err: (text: string) => void
  /** Columns of stderr when it is a terminal, else null. */
  readonly columns: number | null
  readonly signal: AbortSignal
}

/** Runs one command line and gives its exit code. Never throws. */
export async function runCli(world: World): Promise<number> {
  let debug = false
  const argv = fromOpenstack(world.argv, firstWords)
  const program = buildProgram(await neededFor(argv), nouns, world, async (invocation) => {
    debug = invocation.globals.debug === true
    await runCommand(world, invocation)
  })
  try {
    await program.parseAsync(argv, { from: 'user' })
    return exitCodes.done
  } catch (error) {
    const ended = commanderExit(error)
    if (ended === 'help') return exitCodes.done
    if (ended === 'usage') return exitCodes.usage
    const { lines, exitCode } = explain(error)
    world.err(lines.map((line) => `${line}\n`).join(''))
    if (debug && error instanceof Error) world.err(`${error.stack ?? ''}\n`)
    return exitCode
  }
}

/** The commands that can be meant; all where help, or what comes nearest to a wrong word, is made of all of them. */
async function neededFor(argv: readonly string[]): Promise<readonly Command[]> {
  const at = firstWord(argv)
  const word = argv[at]
  // Help that is asked for before a word is that of the program.
  const isOfProgram = argv.slice(0, at).some((one) => one === '--help' || one === '-h')
  return word === undefined || isOfProgram || !firstWords.has(word) ? allCommands() : commandsOf(word)
}

async function runCommand(world: World, { command, args, options, globals }: Invocation): Promise<void> {
  const { connection, debug, timeoutS } = readGlobals(globals, world.env)
  const shape = readShape(options)
  if (command.gives === 'show' && shape.sortColumns.length > 0)
    throw new UsageError('There are no rows to sort.')
  const session: Session = {
    note: (line) => world.err(`${line}\n`),
    print: (line) => world.out(`${line}\n`),
    draw: world.err,
    columns: world.columns,
    env: world.env,
    signal: world.signal,
    waitMs: timeoutS === null ? null : timeoutS * 1000,
  }
  let client: Promise<Client> | null = null
  const output = await command.run({
    args: args as never,
    options: options as never,
    session,
    connect: () =>
      (client ??= connectLazily({
        ...connection,
        ...(debug ? { onTrace: (trace) => world.err(traceText(trace)) } : {}),
      })),
  })
  if (output !== undefined) world.out(await print(output, shape))
}

/** What speaks to a server is loaded by those who ask one. */
const connectLazily: typeof connect = async (options) => (await import('../sdk/connect.ts')).connect(options)

/** What `--debug` shows of an exchange. Secrets are hidden before this. */
function traceText({ method, url, headers, body, status, requestId, answer, milliseconds }: Trace): string {
  const lines = [
    `> ${method} ${url}`,
    ...Object.entries(headers).map(([name, value]) => `>   ${name}: ${value}`),
    ...(body === undefined ? [] : [`>   ${JSON.stringify(body)}`]),
    `< ${status === 0 ? 'no answer' : status} in ${milliseconds} ms${requestId === null ? '' : `, ${requestId}`}`,
    `<   ${JSON.stringify(answer)?.slice(0, 4000) ?? ''}`,
  ]
  return lines.map((line) => `${escapeControls(line)}\n`).join('')
}
