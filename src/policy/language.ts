/**
 * The rule language of oslo.policy, so that an operator's `policy.yaml` means here what it meant there: text → `Check`
 * tree → yes or no. It knows the grammar and nothing of resources, files or HTTP.
 *
 * Two things are stricter than the original: a rule that does not parse is an error with a position instead of a silent
 * "never", and `http:` checks are refused, because an authorization decision must not wait for another server.
 */

/** A parsed rule. `and`/`or` hold two checks or more. */
export type Check =
  | { readonly kind: 'always' }
  | { readonly kind: 'never' }
  | { readonly kind: 'and'; readonly checks: readonly Check[] }
  | { readonly kind: 'or'; readonly checks: readonly Check[] }
  | { readonly kind: 'not'; readonly check: Check }
  | { readonly kind: 'rule'; readonly name: string }
  /** The caller has this role; the name may hold `%(…)s`. */
  | { readonly kind: 'role'; readonly name: string }
  /** `left:right`. Left is an attribute of the caller or a literal, right is text that may hold `%(…)s`. */
  | { readonly kind: 'match'; readonly left: string; readonly right: string }

/** Deepest nesting of parentheses and `not`. Manila's own rules need 2. */
export const maxDepth = 50
/** Longest rule text, characters. */
export const maxLength = 10_000

/** What is wrong with a rule, for the person who wrote it. */
export class PolicySyntaxError extends Error {
  constructor(message: string) {
    super(message)
    this.name = 'PolicySyntaxError'
  }
}

const always: Check = { kind: 'always' }
const never: Check = { kind: 'never' }

/**
 * Parses a rule: text, or the list form of old files, which is an "or" of "and"s (`[["role:a", "role:b"], "role:c"]`).
 * Empty text and the empty list always pass. Throws {@link PolicySyntaxError}.
 */
export function parseRule(rule: unknown): Check {
  if (typeof rule === 'string') return parseText(rule)
  if (Array.isArray(rule)) return parseLists(rule)
  throw new PolicySyntaxError('a rule is a string or a list of lists of strings')
}

// -------------------------------------------------------------------------------------------------------- list form

function parseLists(rule: readonly unknown[]): Check {
  if (rule.length === 0) return always
  if (rule.length > maxLength) throw new PolicySyntaxError(`the list has more than ${maxLength} entries`)
  const alternatives: Check[] = []
  for (const entry of rule) {
    // An empty inner list adds no alternative, as in the original; `[[]]` therefore never passes.
    const all = typeof entry === 'string' ? [entry] : entry
    if (!Array.isArray(all)) throw new PolicySyntaxError('an entry of the list form is a string or a list')
    if (all.length === 0) continue
    alternatives.push(
      combine(
        'and',
        all.map((one: unknown) => {
          if (typeof one !== 'string') throw new PolicySyntaxError('the list form holds strings')
          return parseAtom(one.trim())
        }),
      ),
    )
  }
  return alternatives.length === 0 ? never : combine('or', alternatives)
}

/** Nested checks of the same kind are merged, so that each rule has one tree and one printed form. */
function combine(kind: 'and' | 'or', checks: readonly Check[]): Check {
  const flat = checks.flatMap((check) => (check.kind === kind ? check.checks : [check]))
  const [only] = flat
  return flat.length === 1 && only !== undefined ? only : { kind, checks: flat }
}

// -------------------------------------------------------------------------------------------------------- text form

interface Reader {
  readonly words: readonly string[]
  at: number
}

function parseText(text: string): Check {
  if (text.length > maxLength) throw new PolicySyntaxError(`the rule is longer than ${maxLength} characters`)
  const words = split(text)
  if (words.length === 0) return always
  const reader: Reader = { words, at: 0 }
  const check = parseOr(reader, 0)
  const extra = words[reader.at]
  if (extra !== undefined) throw new PolicySyntaxError(`unexpected "${extra}" at word ${reader.at + 1}`)
  return check
}

/**
 * Splits at blanks and takes parentheses off both ends of a word; those inside a word belong to it, because
 * `%(project_id)s` is one. A word that opens with a quote runs to the quote that closes it.
 */
function split(text: string): string[] {
  const words: string[] = []
  for (const [chunk] of text.matchAll(/\(*(?:'[^']*'|"[^"]*")\S*|\S+/g)) {
    const opening = /^\(*/.exec(chunk)?.[0].length ?? 0
    const rest = chunk.slice(opening)
    const closing = /\)*$/.exec(rest)?.[0].length ?? 0
    const word = rest.slice(0, rest.length - closing)
    words.push(
      ...Array<string>(opening).fill('('),
      ...(word === '' ? [] : [word]),
      ...Array<string>(closing).fill(')'),
    )
  }
  return words
}

const isWord = (word: string | undefined, keyword: string): boolean => word?.toLowerCase() === keyword

/** or → and ("or" and)*; the loosest. */
function parseOr(reader: Reader, depth: number): Check {
  const checks = [parseAnd(reader, depth)]
  while (isWord(reader.words[reader.at], 'or')) {
    reader.at++
    checks.push(parseAnd(reader, depth))
  }
  return combine('or', checks)
}

function parseAnd(reader: Reader, depth: number): Check {
  const checks = [parseNot(reader, depth)]
  while (isWord(reader.words[reader.at], 'and')) {
    reader.at++
    checks.push(parseNot(reader, depth))
  }
  return combine('and', checks)
}

function parseNot(reader: Reader, depth: number): Check {
  if (depth > maxDepth) throw new PolicySyntaxError(`the rule is nested deeper than ${maxDepth}`)
  const word = reader.words[reader.at]
  if (word === undefined) throw new PolicySyntaxError('the rule ends where a check is expected')
  reader.at++
  if (isWord(word, 'not')) return { kind: 'not', check: parseNot(reader, depth + 1) }
  if (word === '(') {
    const inner = parseOr(reader, depth + 1)
    if (reader.words[reader.at] !== ')') throw new PolicySyntaxError('a parenthesis is not closed')
    reader.at++
    return inner
  }
  if (word === ')' || isWord(word, 'and') || isWord(word, 'or')) {
    throw new PolicySyntaxError(`"${word}" at word ${reader.at} where a check is expected`)
  }
  return parseAtom(word)
}

function parseAtom(word: string): Check {
  if (word === '@') return always
  if (word === '!') return never
  const colon = colonOf(word)
  if (colon <= 0) {
    throw new PolicySyntaxError(`"${word}" is not a check: expected kind:value, for example role:admin`)
  }
  const left = word.slice(0, colon)
  const right = word.slice(colon + 1)
  if (left === 'http' || left === 'https') {
    throw new PolicySyntaxError(`"${word}": checks that ask another server are not supported`)
  }
  if (left === 'rule') return { kind: 'rule', name: right }
  if (left === 'role') return { kind: 'role', name: right }
  return { kind: 'match', left, right }
}

/** A quoted literal may hold colons: the separator is the first one after it. */
function colonOf(word: string): number {
  const quote = word[0]
  if (quote !== "'" && quote !== '"') return word.indexOf(':')
  const end = word.indexOf(quote, 1)
  return end < 0 ? -1 : word.indexOf(':', end)
}

// --------------------------------------------------------------------------------------------------------- printing

/** The text of a check; parsing it again gives the same tree. */
export function printCheck(check: Check): string {
  switch (check.kind) {
    case 'always':
      return '@'
    case 'never':
      return '!'
    case 'rule':
      return `rule:${check.name}`
    case 'role':
      return `role:${check.name}`
    case 'match':
      return `${check.left}:${check.right}`
    case 'not':
      return `not ${printTight(check.check)}`
    case 'and':
      return check.checks.map(printTight).join(' and ')
    case 'or':
      return check.checks.map((one) => (one.kind === 'and' ? printCheck(one) : printTight(one))).join(' or ')
  }
}

const printTight = (check: Check): string =>
  check.kind === 'and' || check.kind === 'or' ? `(${printCheck(check)})` : printCheck(check)

/** The rules a check refers to. */
export function rulesIn(check: Check): string[] {
  if (check.kind === 'rule') return [check.name]
  if (check.kind === 'not') return rulesIn(check.check)
  if (check.kind === 'and' || check.kind === 'or') return check.checks.flatMap(rulesIn)
  return []
}
