/** What the licences of bundled libraries ask for: their names, versions and texts, shipped with them. */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

interface Library {
  readonly name: string
  readonly version: string
  readonly license?: string
}

/** One text for the libraries that `modules` (absolute paths) are of, by name. */
export function noticesOf(modules: readonly string[]): string {
  const folders = new Set(modules.flatMap((id) => libraryFolder(id) ?? []))
  const sections = [...folders].map((folder) => {
    const {
      name,
      version,
      license = 'no licence named',
    } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as Library
    const texts = readdirSync(folder)
      .filter((file) => /^(?:licen[cs]e|copying|notice)(?:[.-]|$)/i.test(file))
      .toSorted()
      .map((file) => readFileSync(join(folder, file), 'utf8').trim())
    return [`${name} ${version} (${license})`, ...texts].join('\n\n')
  })
  const line = `\n\n${'-'.repeat(80)}\n\n`
  return `The programs in lib/ contain these libraries. Those of the dashboard are named in build/dashboard/licences.txt.${line}${sections.toSorted().join(line)}\n`
}

/** `/…/node_modules/@scope/name` of a module in it; null of one of ours. */
function libraryFolder(id: string): string | null {
  const [, folder] = /^(.*\/node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(id.replace(/\?.*$/, '')) ?? []
  return folder !== undefined && existsSync(join(folder, 'package.json')) ? folder : null
}
