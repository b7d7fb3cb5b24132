/** `completion <shell>` and `help tree`: made from the commands themselves. */
import { choiceArg, command, type Command } from '../command.ts'
import { completionScript, shells } from '../completion.ts'

/** `all` gives every command, these two among them. */
export const helpCommands = (all: () => Promise<readonly Command[]>): readonly Command[] => [
  command({
    words: 'completion',
    summary: 'Print the completion script of a shell.',
    gives: 'nothing',
    args: { shell: choiceArg(shells, 'Shell.') },
    run: async ({ args }) => ({ kind: 'raw', text: completionScript(args.shell, await all()) }),
  }),
  command({
    words: 'help tree',
    summary: 'Show every command in one page.',
    gives: 'nothing',
    run: async () => ({ kind: 'raw', text: treeText(await all()) }),
  }),
]

/** One line for each command: words, arguments, sentence. */
export function treeText(commands: readonly Command[]): string {
  const lines = commands.map((one): readonly [string, string] => {
    const args = Object.entries(one.args).map(([name, { kind }]) =>
      kind === 'one' ? `<${name}>` : kind === 'optional' ? `[${name}]` : `<${name}...>`,
    )
    return [['manila', one.words, ...args].join(' '), one.summary]
  })
  const width = Math.min(52, Math.max(...lines.map(([usage]) => usage.length)))
  return lines.map(([usage, summary]) => `${usage.padEnd(width)}  ${summary}\n`).join('')
}
