/**
 * Regular expressions from strangers, matched at the start of a text as Python's `re.match` does, in time proportional to
 * pattern × text whatever the pattern: all alternatives advance together, one character at a time, and nothing is ever
 * tried twice. JavaScript's own engine backtracks, and one bad pattern would stop the whole process.
 *
 * Understood: literals, `.`, classes, `\d \w \s` and their opposites, groups, `|`, `* + ? {m,n}`, `^ $ \A \Z`. Refused:
 * look-around, back-references and inline flags, which this method can't do.
 */

type Test = (character: string) => boolean
type Instruction =
  | { readonly kind: 'one'; readonly test: Test }
  | { readonly kind: 'fork'; readonly to: readonly number[] }
  | { readonly kind: 'start' | 'end' | 'found' }

type Node =
  | { readonly kind: 'one'; readonly test: Test }
  | { readonly kind: 'start' | 'end' }
  | { readonly kind: 'all' | 'any'; readonly of: readonly Node[] }
  | { readonly kind: 'repeat'; readonly of: Node; readonly min: number; readonly max: number }

/** Characters of a pattern, nesting of its groups, and instructions it may become (`{m,n}` multiplies). */
const longestPattern = 256
const deepestNesting = 30
const mostInstructions = 2000

/** Null when the pattern is not one we understand; otherwise says whether a text begins with a match. */
export function anchoredPattern(pattern: string): ((text: string) => boolean) | null {
  const characters = Array.from(pattern)
  if (characters.length > longestPattern) return null
  try {
    const program = compile(new Reader(characters).whole())
    return (text) => matches(program, Array.from(text))
  } catch (error) {
    if (error instanceof NotUnderstood) return null
    throw error
  }
}

class NotUnderstood extends Error {}

const classes: Readonly<Record<string, Test>> = {
  d: (c) => /\p{Nd}/u.test(c),
  D: (c) => !/\p{Nd}/u.test(c),
  w: (c) => /[\p{L}\p{N}_]/u.test(c),
  W: (c) => !/[\p{L}\p{N}_]/u.test(c),
  s: (c) => /\s/u.test(c),
  S: (c) => !/\s/u.test(c),
}
const controls: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t', f: '\f', v: '\v' }

class Reader {
  readonly #characters: readonly string[]
  #at = 0
  #depth = 0

  constructor(characters: readonly string[]) {
    this.#characters = characters
  }

  whole(): Node {
    const node = this.#alternatives()
    if (this.#at < this.#characters.length) throw new NotUnderstood()
    return node
  }

  #peek(ahead = 0): string | undefined {
    return this.#characters[this.#at + ahead]
  }

  #next(): string {
    const character = this.#peek()
    if (character === undefined) throw new NotUnderstood()
    this.#at++
    return character
  }

  #alternatives(): Node {
    if (++this.#depth > deepestNesting) throw new NotUnderstood()
    const branches = [this.#sequence()]
    while (this.#peek() === '|') {
      this.#at++
      branches.push(this.#sequence())
    }
    this.#depth--
    return { kind: 'any', of: branches }
  }

  #sequence(): Node {
    const nodes: Node[] = []
    for (let c = this.#peek(); c !== undefined && c !== '|' && c !== ')'; c = this.#peek()) {
      nodes.push(this.#repeated(this.#atom()))
    }
    return { kind: 'all', of: nodes }
  }

  #repeated(of: Node): Node {
    const times = this.#times()
    if (times === null) return of
    // Lazy or greedy makes no difference to whether there is a match.
    if (this.#peek() === '?') this.#at++
    if (this.#times() !== null) throw new NotUnderstood()
    return { kind: 'repeat', of, ...times }
  }

  #times(): { min: number; max: number } | null {
    const character = this.#peek()
    const simple = { '*': [0, Infinity], '+': [1, Infinity], '?': [0, 1] }[character ?? ''] as
      | [number, number]
      | undefined
    if (simple !== undefined) {
      this.#at++
      return { min: simple[0], max: simple[1] }
    }
    if (character !== '{') return null
    const text = this.#characters.slice(this.#at, this.#at + 10).join('')
    const bounds = /^\{(\d{0,3})(,?)(\d{0,3})\}/.exec(text)
    // What is no pair of bounds is a literal brace.
    if (bounds === null || `${bounds[1]}${bounds[3]}` === '') return null
    this.#at += bounds[0].length
    const min = Number(bounds[1])
    const max = bounds[2] === '' ? min : bounds[3] === '' ? Infinity : Number(bounds[3])
    if (max < min) throw new NotUnderstood()
    return { min, max }
  }

  #atom(): Node {
    const character = this.#next()
    if (character === '(') return this.#group()
    if (character === '[') return { kind: 'one', test: this.#class() }
    if (character === '.') return { kind: 'one', test: (c) => c !== '\n' }
    if (character === '^') return { kind: 'start' }
    if (character === '$') return { kind: 'end' }
    if ('*+?'.includes(character)) throw new NotUnderstood()
    if (character !== '\\') return literal(character)
    if (this.#peek() === 'A' || this.#peek() === 'Z') return { kind: this.#next() === 'A' ? 'start' : 'end' }
    const escaped = this.#escaped()
    return typeof escaped === 'string' ? literal(escaped) : { kind: 'one', test: escaped }
  }

  #group(): Node {
    if (this.#peek() === '?') {
      if (this.#peek(1) !== ':') throw new NotUnderstood()
      this.#at += 2
    }
    const inner = this.#alternatives()
    if (this.#next() !== ')') throw new NotUnderstood()
    return inner
  }

  /** What follows a backslash: a class, or one character. */
  #escaped(): Test | string {
    const character = this.#next()
    if (Object.hasOwn(classes, character)) return classes[character] as Test
    if (Object.hasOwn(controls, character)) return controls[character] as string
    if (/[A-Za-z0-9]/.test(character)) throw new NotUnderstood()
    return character
  }

  /** Behind the opening bracket. */
  #class(): Test {
    const negated = this.#peek() === '^'
    if (negated) this.#at++
    const tests: Test[] = []
    for (let first = true; first || this.#peek() !== ']'; first = false) {
      const from = this.#classMember()
      if (typeof from !== 'string') {
        tests.push(from)
        continue
      }
      if (this.#peek() !== '-' || this.#peek(1) === ']') {
        tests.push((c) => c === from)
        continue
      }
      this.#at++
      const to = this.#classMember()
      const [low, high] = [from.codePointAt(0) ?? 0, typeof to === 'string' ? (to.codePointAt(0) ?? 0) : -1]
      if (high < low) throw new NotUnderstood()
      tests.push((c) => (c.codePointAt(0) ?? 0) >= low && (c.codePointAt(0) ?? 0) <= high)
    }
    this.#at++
    return (c) => tests.some((test) => test(c)) !== negated
  }

  #classMember(): Test | string {
    const character = this.#next()
    return character === '\\' ? this.#escaped() : character
  }
}

const literal = (character: string): Node => ({ kind: 'one', test: (c) => c === character })

function compile(root: Node): Instruction[] {
  const program: Instruction[] = []
  const add = (instruction: Instruction): number => {
    if (program.length >= mostInstructions) throw new NotUnderstood()
    return program.push(instruction) - 1
  }
  const write = (node: Node): void => {
    if (node.kind === 'one') add({ kind: 'one', test: node.test })
    else if (node.kind === 'repeat') writeRepeat(node)
    else if (node.kind === 'all') node.of.forEach(write)
    else if (node.kind === 'any') writeBranches(node.of)
    else add({ kind: node.kind })
  }
  const writeBranches = (branches: readonly Node[]): void => {
    const only = branches[0]
    if (branches.length === 1 && only !== undefined) return write(only)
    const fork = add({ kind: 'fork', to: [] })
    const ends: number[] = []
    const starts = branches.map((branch) => {
      const start = program.length
      write(branch)
      ends.push(add({ kind: 'fork', to: [] }))
      return start
    })
    program[fork] = { kind: 'fork', to: starts }
    for (const end of ends) program[end] = { kind: 'fork', to: [program.length] }
  }
  const writeRepeat = ({ of, min, max }: Extract<Node, { kind: 'repeat' }>): void => {
    for (let i = 0; i < min; i++) write(of)
    if (max === Infinity) {
      const fork = add({ kind: 'fork', to: [] })
      write(of)
      add({ kind: 'fork', to: [fork] })
      program[fork] = { kind: 'fork', to: [fork + 1, program.length] }
      return
    }
    const forks: number[] = []
    for (let i = min; i < max; i++) {
      forks.push(add({ kind: 'fork', to: [] }))
      write(of)
    }
    for (const fork of forks) program[fork] = { kind: 'fork', to: [fork + 1, program.length] }
  }
  write(root)
  add({ kind: 'found' })
  return program
}

function matches(program: readonly Instruction[], text: readonly string[]): boolean {
  let current = new Set([0])
  for (let at = 0; at <= text.length; at++) {
    const waiting = expand(program, current, at === 0, at === text.length)
    if (waiting === null) return true
    const character = text[at]
    if (character === undefined) return false
    current = new Set()
    for (const index of waiting) {
      const instruction = program[index]
      if (instruction?.kind === 'one' && instruction.test(character)) current.add(index + 1)
    }
    if (current.size === 0) return false
  }
  return false
}

/** Follows everything that consumes no character; null when the end of the pattern was reached. */
function expand(
  program: readonly Instruction[],
  from: ReadonlySet<number>,
  atStart: boolean,
  atEnd: boolean,
): ReadonlySet<number> | null {
  const seen = new Set(from)
  // A set is walked in the order of insertion, and what is added while walking is walked too.
  for (const index of seen) {
    const instruction = program[index]
    if (instruction === undefined) continue
    if (instruction.kind === 'found') return null
    if (instruction.kind === 'fork') instruction.to.forEach((to) => seen.add(to))
    if (instruction.kind === 'start' && atStart) seen.add(index + 1)
    if (instruction.kind === 'end' && atEnd) seen.add(index + 1)
  }
  return seen
}
