/** Help texts. */
import type { Verb } from './verb.ts'

const exits = `Exit codes
  0  done, and nothing is wrong
  1  it could not be done, or something is wrong and was left so
  2  the command line is wrong; nothing was done
  3  the settings or the database can't be used, e.g. because a service has it open
`

/** Every verb in one line each. */
export function helpOfAll(verbs: readonly Verb[]): string {
  const width = Math.max(...verbs.map((verb) => wayOf(verb).length))
  const lines = verbs.map((verb) => `  ${wayOf(verb).padEnd(width)}  ${verb.summary}\n`).join('')
  return `manila-manage [--config FILE] [-f table|json] VERB

${lines}
--config FILE is the one that manila-all is started with. VERB --help says more.

${exits}`
}

export function helpOf(verb: Verb): string {
  const options = (verb.options ?? []).map(
    ({ name, value, help }) =>
      [`--${name}${value === undefined ? '' : ` ${value}`}`, help] as readonly [string, string],
  )
  const all = [
    ...options,
    ['--config FILE', 'the TOML file of the service'] as const,
    ['-f table|json', 'how to print; --json is the same as -f json'] as const,
  ]
  const width = Math.max(...all.map(([left]) => left.length))
  const lines = all.map(([left, help]) => `  ${left.padEnd(width)}  ${help}\n`).join('')
  return `manila-manage ${wayOf(verb)} [options]\n\n${verb.help}\n\n${lines}\n${exits}`
}

const wayOf = (verb: Verb): string => [verb.name, ...(verb.operands ?? [])].join(' ')
