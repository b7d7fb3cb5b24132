/**
 * Reads an adding page as a list of steps. The convention is told to readers in docs/README.md: a block that begins with a path makes
 * that file, a `diff` block that begins with `--- path` changes it, a `sh` block is run. Other blocks are only to be read.
 */

export type Step =
  | { readonly kind: 'file'; readonly line: number; readonly path: string; readonly text: string }
  | { readonly kind: 'change'; readonly line: number; readonly path: string; readonly hunks: readonly Hunk[] }
  | { readonly kind: 'run'; readonly line: number; readonly commands: readonly string[] }

/** One place in a file. */
export interface Hunk {
  /** Behind `@@`: what the line says below which the place is looked for. Null: anywhere. */
  readonly below: string | null
  /** What stands there. */
  readonly before: readonly string[]
  readonly after: readonly string[]
}

/** The steps of a page in its order; `line` is that of the block's first line. */
export function stepsOf(markdown: string): readonly Step[] {
  const steps: Step[] = []
  const lines = markdown.split('\n')
  for (let at = 0; at < lines.length; at++) {
    const fence = /^( *)```(\w+)$/.exec(lines[at] ?? '')
    if (fence === null) continue
    const [, indent = '', language = ''] = fence
    const end = lines.indexOf(`${indent}\`\`\``, at + 1)
    if (end < 0) throw new Error(`the block that begins in line ${at + 1} does not end`)
    // A block that belongs to a step of a list is indented as it is.
    const body = lines.slice(at + 1, end).map((text) => text.slice(indent.length))
    const step = stepOf(language, body, at + 1)
    if (step !== null) steps.push(step)
    at = end
  }
  return steps
}

function stepOf(language: string, body: readonly string[], line: number): Step | null {
  const [head = '', ...rest] = body
  if (language === 'sh') return { kind: 'run', line, commands: body.filter((text) => text !== '') }
  if (language === 'diff') {
    const path = /^--- (\S+)$/.exec(head)?.[1]
    if (path === undefined) throw new Error(`line ${line}: a diff begins with "--- " and a path`)
    return { kind: 'change', line, path, hunks: hunksOf(rest) }
  }
  const path = /^(?:\/\/|#) ((?:[\w.-]+\/)+[\w.-]+\.\w+)$/.exec(head)?.[1]
  return path === undefined ? null : { kind: 'file', line, path, text: `${rest.join('\n').trim()}\n` }
}

function hunksOf(lines: readonly string[]): readonly Hunk[] {
  const hunks: { below: string | null; lines: string[] }[] = []
  for (const text of lines) {
    const below = /^@@ ?(.*)$/.exec(text)?.[1]
    if (below !== undefined) hunks.push({ below: below === '' ? null : below, lines: [] })
    else {
      if (hunks.length === 0) hunks.push({ below: null, lines: [] })
      hunks.at(-1)?.lines.push(text)
    }
  }
  const side = (all: readonly string[], without: string): readonly string[] =>
    all.filter((text) => !text.startsWith(without)).map((text) => text.slice(1))
  return hunks.map((hunk) => ({
    below: hunk.below,
    before: side(hunk.lines, '+'),
    after: side(hunk.lines, '-'),
  }))
}

/** The file as the hunks leave it. Throws an Error when a place is not there, or when there are several and no `@@` says which. */
export function changed(text: string, hunks: readonly Hunk[]): string {
  let lines = text.split('\n')
  for (const { below, before, after } of hunks) {
    const from = below === null ? 0 : lines.findIndex((line) => line.includes(below)) + 1
    if (below !== null && from === 0) throw new Error(`no line says ${below}`)
    const places = lines
      .map((_, at) => at)
      .filter((at) => at >= from && before.every((line, offset) => lines[at + offset] === line))
    const [place] = places
    if (place === undefined) throw new Error(`these lines are not there:\n${before.join('\n')}`)
    if (below === null && places.length > 1)
      throw new Error(
        `these lines are there ${places.length} times; say below what, behind @@:\n${before.join('\n')}`,
      )
    lines = [...lines.slice(0, place), ...after, ...lines.slice(place + before.length)]
  }
  return lines.join('\n')
}
