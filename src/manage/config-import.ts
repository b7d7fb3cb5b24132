/** `config import`: from an existing manila.conf. */
import { readFileSync } from 'node:fs'
import { importOslo, type ImportedKey } from '../config/oslo.ts'
import { renderToml } from '../config/toml.ts'
import { columns } from './columns.ts'
import { Problem, type Verb } from './verb.ts'

export const configImport: Verb = {
  name: 'config import',
  summary: "turn OpenStack's manila.conf into a manila.toml",
  help: `Prints the TOML with, as comments, every key of FILE that has no equal here and why. With --to FILE the TOML is written there (mode 0600, for it
may hold passwords) and a table of all keys is printed. Nothing is dropped in silence. Check the result with config check,
which also names a database or broker on another host that it would speak to in clear.
Exit 1 when something is not supported or unknown.`,
  operands: ['FILE'],
  options: [{ name: 'to', value: 'FILE', help: 'write the TOML there' }],
  async run({ operands: [file = ''], options, world }) {
    const imported = (() => {
      try {
        return importOslo(readFileSync(file, 'utf8'))
      } catch (error) {
        throw new Problem(`${file}: ${error instanceof Error ? error.message : String(error)}`, {
          cause: error,
        })
      }
    })()
    const left = imported.keys.filter(({ became }) => became !== 'mapped')
    const toml = `${renderToml(imported.settings)}\n${left.map(comment).join('')}`
    const code = left.some(({ became }) => became === 'not supported' || became === 'unknown') ? 1 : 0
    if (options.to === undefined) return { code, data: imported, text: toml }
    world.write(options.to, toml)
    return {
      code,
      data: imported,
      text: columns(
        ['KEY', 'BECAME', 'NOTE'],
        imported.keys.map(({ key, became, note }) => [key, became, note]),
      ),
    }
  },
}

const comment = ({ key, became, note }: ImportedKey): string => `# ${key}: ${became}: ${note}\n`
