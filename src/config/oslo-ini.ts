/** The INI dialect of oslo.config: sections, `key = value`, a key again for one more value, an indented line to go on. */

export type OsloFile = ReadonlyMap<string, ReadonlyMap<string, readonly string[]>>

/** Throws a sentence with the line number. */
export function parseOslo(text: string): OsloFile {
  const sections = new Map<string, Map<string, string[]>>()
  let section = sectionOf(sections, 'DEFAULT')
  let last: string[] | null = null
  for (const [index, line] of text.split(/\r?\n/).entries()) {
    const bare = line.trim()
    if (bare === '' || bare.startsWith('#') || bare.startsWith(';')) {
      // A comment does not end a value; an empty line does.
      if (bare === '') last = null
      continue
    }
    if (/^\s/.test(line) && last !== null) {
      last[last.length - 1] = `${last.at(-1) ?? ''}\n${bare}`
      continue
    }
    const header = /^\[([^\]]+)\]$/.exec(bare)
    if (header !== null) {
      section = sectionOf(sections, header[1] ?? '')
      last = null
      continue
    }
    const at = bare.search(/[=:]/)
    if (at < 1) throw new Error(`line ${index + 1}: neither [section] nor key = value`)
    const key = bare.slice(0, at).trim()
    const value = unquoted(bare.slice(at + 1).trim())
    const values = section.get(key) ?? []
    values.push(value)
    section.set(key, values)
    last = values
  }
  return sections
}

function sectionOf(sections: Map<string, Map<string, string[]>>, name: string): Map<string, string[]> {
  const known = sections.get(name)
  if (known !== undefined) return known
  const made = new Map<string, string[]>()
  sections.set(name, made)
  return made
}

const unquoted = (value: string): string => {
  const [first, last] = [value.at(0), value.at(-1)]
  return value.length > 1 && first === last && (first === '"' || first === "'") ? value.slice(1, -1) : value
}
