/**
 * Makes text from the server harmless on a terminal. A share's name is chosen by a stranger: escape sequences in it could
 * move the cursor, retitle the window or forge lines, and bidirectional marks could reorder them.
 */

/**
 * Controls, format characters (but not the joiners that scripts and emoji need), line and paragraph separators, lone
 * surrogates.
 */
const unsafe = /[\p{Cc}\p{Zl}\p{Zp}\p{Cs}]|(?![\u200c\u200d])\p{Cf}/gu

const short: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' }

/** `\n`, `\x1b`, `\u202e`: what can be read but not obeyed. */
export function escapeControls(text: string): string {
  return text.replace(unsafe, (character) => short[character] ?? code(character))
}

/** The same within JSON or a double-quoted YAML scalar, where only `\uXXXX` is an escape. Line ends stay. */
export function escapeInJson(json: string): string {
  return json.replace(unsafe, (character) => {
    if (character === '\n') return character
    return [...Array(character.length).keys()].map((at) => unit(character.charCodeAt(at))).join('')
  })
}

export const isUnsafe = (text: string): boolean => {
  unsafe.lastIndex = 0
  return unsafe.test(text)
}

function code(character: string): string {
  const point = character.codePointAt(0) ?? 0
  if (point < 0x100) return `\\x${point.toString(16).padStart(2, '0')}`
  return point < 0x10000 ? unit(point) : `\\u{${point.toString(16)}}`
}

const unit = (value: number): string => `\\u${value.toString(16).padStart(4, '0')}`
