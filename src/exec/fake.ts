/**
 * An {@link Exec} for unit tests: commands are answered from a script, in any order, and every call is kept to be asserted on.
 * A command that nobody scripted fails the test by name instead of pretending to succeed.
 */
import { ExecError } from './exec.ts'
import type { Exec, ExecErrorKind, RunOptions, RunResult } from './exec.ts'

/** What a scripted command answers; text alone means code 0 and that text on standard output. */
export type FakeAnswer =
  | string
  | Partial<RunResult>
  | { readonly fails: ExecErrorKind; readonly stderr?: string }
  | ((argv: readonly string[], options: RunOptions) => string | Partial<RunResult>)

export interface FakeCall {
  readonly argv: readonly string[]
  readonly options: RunOptions
}

export interface FakeExec extends Exec {
  /** Every call in order, failed ones too. */
  readonly calls: readonly FakeCall[]
  /** Answers commands whose arguments, joined by blanks, start with or match `command`; the newest script wins. */
  on(command: string | RegExp, answer: FakeAnswer): FakeExec
}

/** Makes a fake with nothing scripted. */
export function fakeExec(): FakeExec {
  const calls: FakeCall[] = []
  const scripts: { command: string | RegExp; answer: FakeAnswer }[] = []
  const fake: FakeExec = {
    calls,
    on(command, answer) {
      scripts.unshift({ command, answer })
      return fake
    },
    async run(argv, options) {
      calls.push({ argv, options })
      const line = argv.join(' ')
      const script = scripts.find(({ command }) =>
        typeof command === 'string' ? line.startsWith(command) : command.test(line),
      )
      if (script === undefined) throw new Error(`no answer is scripted for: ${line}`)
      return answerTo(script.answer, argv, options)
    },
  }
  return fake
}

function answerTo(answer: FakeAnswer, argv: readonly string[], options: RunOptions): RunResult {
  const program = argv[0] ?? ''
  const said = typeof answer === 'function' ? answer(argv, options) : answer
  if (typeof said === 'string') return { code: 0, stdout: said, stderr: '' }
  const { fails, ...rest } = 'fails' in said ? said : { ...said, fails: null }
  const result = { code: 0, stdout: '', stderr: '', ...rest }
  if (fails === 'missing') throw new ExecError(`${program} is not installed`, fails, { ...result, code: -1 })
  if (fails !== null)
    throw new ExecError(`${program}: ${fails}: ${result.stderr}`, fails, { ...result, code: 1 })
  if (!(options.okCodes ?? [0]).includes(result.code)) {
    throw new ExecError(`${program} ended with code ${result.code}: ${result.stderr}`, 'exit', result)
  }
  return result
}
