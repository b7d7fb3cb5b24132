/** The golden files of the command line: what people see and scripts read. `npm run golden` writes them. */
import type { Command as Program } from 'commander'
import type { Command } from './command.ts'
import { allCommands, nouns } from './commands/index.ts'
import { treeText } from './commands/completion.ts'
import { completionScript, shells } from './completion.ts'
import { listOf, print, showOf } from './output/output.ts'
import type { Output, Shape } from './output/shape.ts'
import { buildProgram } from './program.ts'

/** Path below the project's root → text. */
export async function cliGoldens(): Promise<Record<string, string>> {
  const commands = await allCommands()
  const goldens: Record<string, string> = { 'test/golden/cli/help-tree.txt': treeText(commands) }
  for (const [words, text] of helpTexts(commands)) {
    goldens[`test/golden/cli/help/${words === '' ? 'manila' : words.replaceAll(' ', '-')}.txt`] = text
  }
  for (const shell of shells)
    goldens[`test/golden/cli/completion.${shell}`] = completionScript(shell, commands)
  for (const [name, output] of Object.entries(samples)) {
    for (const format of ['table', 'json', 'yaml', 'csv', 'value'] as const) {
      goldens[`test/golden/cli/output/${name}-${format}.txt`] = await print(output, { ...shape, format })
    }
  }
  return goldens
}

/** Of the program, every group and every command: what `--help` prints. */
function helpTexts(commands: readonly Command[]): (readonly [words: string, text: string])[] {
  let written = ''
  const writers = { out: (text: string) => void (written += text), err: () => {} }
  const program = buildProgram(commands, nouns, writers, () => Promise.resolve())
  const visit = (one: Program, words: readonly string[]): (readonly [string, string])[] => {
    written = ''
    one.outputHelp()
    return [
      [words.join(' '), written],
      ...one.commands.flatMap((inner) => visit(inner, [...words, inner.name()])),
    ]
  }
  return visit(program, [])
}

const shape: Shape = {
  format: 'table',
  columns: [],
  sortColumns: [],
  descending: false,
  indent: true,
  maxWidth: 0,
}

/** Names as strangers choose them: wide, combining, with escapes. */
const shares = [
  { id: '5c7f0ad2-5a5e-4f0c-9d1e-000000000001', name: 'home', size: 10, metadata: {} },
  {
    id: '5c7f0ad2-5a5e-4f0c-9d1e-000000000002',
    name: '研究データ',
    size: 200,
    metadata: { owner: 'lab', tier: '1' },
  },
  { id: '5c7f0ad2-5a5e-4f0c-9d1e-000000000003', name: 'cafe\u0301 ☕', size: 3, metadata: {} },
  {
    id: '5c7f0ad2-5a5e-4f0c-9d1e-000000000004',
    name: 'red\u001b[31m\nnew "line", \u202etxt',
    size: 1,
    metadata: {},
  },
  { id: '5c7f0ad2-5a5e-4f0c-9d1e-000000000005', name: null, size: 1, metadata: {} },
]

const samples: Readonly<Record<string, Output>> = {
  list: listOf(shares, {
    ID: ({ id }) => id,
    Name: ({ name }) => name,
    Size: ({ size }) => size,
    Properties: ({ metadata }) => metadata,
  }),
  show: showOf({
    id: shares[1]?.id,
    name: shares[1]?.name,
    is_public: false,
    description: null,
    properties: shares[1]?.metadata,
    export_locations: [
      { path: '10.0.0.1:/a', preferred: true },
      { path: '10.0.0.2:/a', preferred: false },
    ],
  }),
  empty: listOf([], { ID: () => null, Name: () => null }),
}
