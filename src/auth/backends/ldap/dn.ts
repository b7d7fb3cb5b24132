/**
 * Distinguished names (RFC 4514). The same entry may be written `UID=Bob, OU=People` and `uid=bob,ou=people`: whoever compares
 * compares {@link normalDn}. A value goes into a DN through {@link dnWith} only.
 */
export interface Ava {
  readonly type: string
  readonly value: string
}
/** Nearest to the entry first; each of one or several parts. */
export type Dn = readonly (readonly Ava[])[]

/** Null when it is none. `#…` values stay as they are written. */
export function parseDn(text: string): Dn | null {
  if (text.trim() === '') return []
  const rdns: Ava[][] = [[]]
  let at = 0
  for (;;) {
    const type = /^\s*([A-Za-z][A-Za-z0-9-]*|(?:OID\.|oid\.)?\d+(?:\.\d+)*)\s*=/.exec(text.slice(at))
    if (type === null) return null
    at += type[0].length
    const read = readValue(text, at)
    if (read === null) return null
    rdns.at(-1)?.push({ type: (type[1] ?? '').replace(/^oid\./i, ''), value: read.value })
    at = read.end
    if (at >= text.length) return rdns
    if (text[at] !== '+') rdns.push([])
    at++
  }
}

/** Up to `,`, `;` or `+`. */
function readValue(text: string, start: number): { value: string; end: number } | null {
  let at = start
  while (text[at] === ' ') at++
  const quoted = text[at] === '"'
  if (quoted) at++
  const bytes: Buffer[] = []
  // What a trailing blank may not take: an escaped one is part of the value.
  let kept = 0
  for (; at < text.length; at++) {
    const letter = String.fromCodePoint(text.codePointAt(at) ?? 0)
    if (letter === '\\') {
      const hex = /^\\([0-9A-Fa-f]{2})/.exec(text.slice(at, at + 3))
      if (hex !== null) {
        bytes.push(Buffer.from(hex[1] ?? '', 'hex'))
        at += 2
      } else {
        const next = text.codePointAt(at + 1)
        if (next === undefined) return null
        const escaped = String.fromCodePoint(next)
        bytes.push(Buffer.from(escaped))
        at += escaped.length
      }
      kept = bytes.length
      continue
    }
    if (quoted && letter === '"') {
      const rest = /^"\s*/.exec(text.slice(at))?.[0].length ?? 1
      const end = at + rest
      if (end < text.length && !/[,;+]/.test(text[end] ?? '')) return null
      return { value: Buffer.concat(bytes).toString(), end }
    }
    if (!quoted && /[,;+]/.test(letter)) break
    if (!quoted && /["<>\0]/.test(letter)) return null
    bytes.push(Buffer.from(letter))
    if (letter !== ' ') kept = bytes.length
    at += letter.length - 1
  }
  if (quoted) return null
  return { value: Buffer.concat(bytes.slice(0, kept)).toString(), end: at }
}

/** Names of the same type, by their numbers. */
const types: Readonly<Record<string, string>> = {
  '2.5.4.3': 'cn',
  commonname: 'cn',
  '2.5.4.11': 'ou',
  organizationalunitname: 'ou',
  '2.5.4.10': 'o',
  organizationname: 'o',
  '0.9.2342.19200300.100.1.1': 'uid',
  userid: 'uid',
  '0.9.2342.19200300.100.1.25': 'dc',
  domaincomponent: 'dc',
}

/** One spelling for all that mean the same entry: types by one name, letters folded, blanks collapsed, parts of an RDN in order. */
export function normalDn(text: string): string {
  const dn = parseDn(text)
  if (dn === null) return foldedName(text)
  return dn
    .map((rdn) =>
      rdn
        .map(({ type, value }) => {
          const lower = type.toLowerCase()
          return `${types[lower] ?? lower}=${escapeDnValue(foldedName(value))}`
        })
        .toSorted()
        .join('+'),
    )
    .join(',')
}

/** As a directory compares names: letter case, forms of one letter and the number of blanks make no difference. */
export const foldedName = (text: string): string =>
  text.normalize('NFKC').toLowerCase().replaceAll(/\s+/g, ' ').trim()

/** The text that stands for `value` in a DN, and for nothing else (RFC 4514, 2.4). */
export function escapeDnValue(value: string): string {
  const letters = Array.from(value)
  return letters
    .map((letter, at) => {
      if (letter === '\0' || letter === '\n' || letter === '\r') {
        return `\\0${(letter.codePointAt(0) ?? 0).toString(16)}`
      }
      const isOuter = at === 0 ? /[ #]/.test(letter) : at === letters.length - 1 && letter === ' '
      return isOuter || /[\\"+,;<>=]/.test(letter) ? `\\${letter}` : letter
    })
    .join('')
}

/** `uid={name},ou=people,…` with the name in its place. */
export const dnWith = (template: string, name: string): string =>
  template.replace('{name}', () => escapeDnValue(name))

/** The DN above; null at the top. */
export function parentOf(text: string): string | null {
  const dn = parseDn(text)
  if (dn === null || dn.length < 2) return null
  return dn
    .slice(1)
    .map((rdn) => rdn.map(({ type, value }) => `${type}=${escapeDnValue(value)}`).join('+'))
    .join(',')
}
