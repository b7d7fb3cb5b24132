import { ExpressionError } from './expression-error.ts'

/** Longest text of a filter or goodness function. Vendors' longest are a few hundred characters. */
export const maxExpressionLength = 2048

export type Token =
  | { readonly kind: 'number'; readonly value: number; readonly at: number }
  | { readonly kind: 'name'; readonly text: string; readonly at: number }
  | { readonly kind: 'symbol'; readonly text: string; readonly at: number }

const numberPattern = /\d+(?:\.\d+)?|\.\d+/y
const namePattern = /[A-Za-z_]\w*(?:\.\w+)*/y
// Longest first: `<=` must not be read as `<`.
const symbolPattern = /==|!=|<>|<=|>=|&&|\|\||[-+*/^<>!&|?:(),]/y
const spacePattern = /\s+/y

/** Spellings that mean the same become one; words in any case. */
const canonical: ReadonlyMap<string, string> = new Map([
  ['<>', '!='],
  ['&', 'and'],
  ['&&', 'and'],
  ['|', 'or'],
  ['||', 'or'],
  ['!', 'not'],
])
const wordOperators = new Set(['and', 'or', 'not'])

/** Cuts an expression into tokens, in time proportional to its length. Throws {@link ExpressionError}. */
export function tokenize(text: string): Token[] {
  if (text.length > maxExpressionLength) {
    throw new ExpressionError(`it is longer than ${maxExpressionLength} characters`)
  }
  const tokens: Token[] = []
  let at = 0
  while (at < text.length) {
    const space = match(spacePattern, text, at)
    if (space !== null) {
      at += space.length
      continue
    }
    const token = next(text, at)
    tokens.push(token.token)
    at += token.length
  }
  return tokens
}

function next(text: string, at: number): { token: Token; length: number } {
  const number = match(numberPattern, text, at)
  if (number !== null) return { token: { kind: 'number', value: Number(number), at }, length: number.length }
  const name = match(namePattern, text, at)
  if (name !== null) {
    const word = name.toLowerCase()
    const token: Token = wordOperators.has(word)
      ? { kind: 'symbol', text: word, at }
      : { kind: 'name', text: name, at }
    return { token, length: name.length }
  }
  const symbol = match(symbolPattern, text, at)
  if (symbol === null)
    throw new ExpressionError(`character ${at + 1} (${JSON.stringify(text[at])}) has no meaning`)
  return { token: { kind: 'symbol', text: canonical.get(symbol) ?? symbol, at }, length: symbol.length }
}

function match(pattern: RegExp, text: string, at: number): string | null {
  pattern.lastIndex = at
  return pattern.exec(text)?.[0] ?? null
}
