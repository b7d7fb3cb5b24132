/** Texts inside files and shells that are not POSIX's: what is copied means exactly what it shows. */

// oxlint-disable-next-line no-control-regex
const untypable = /[\u0000-\u001F\u007F-\u009F\u061C\u200B\u200E\u200F\u2028-\u202E\u2060-\u2069\uFEFF]/

/** Something in it can't be seen or typed: where it can't be written escaped either, it is not written at all. */
export const isUntypable = (text: string): boolean => untypable.test(text)

/** PowerShell ends a quoted text at any of five quotes, and reads each of them doubled as one. */
export const powerShell = (text: string): string => `'${text.replaceAll(/['‘’‚‛]/g, '$&$&')}'`

const fieldPlain = /^[A-Za-z0-9_@%+=:,./[\]-]$/

/** A field of fstab: whatever might end it, or hide in it, as `\ooo` byte by byte. */
export const fstabField = (text: string): string =>
  Array.from(new TextEncoder().encode(text), (byte) => {
    const one = String.fromCharCode(byte)
    return fieldPlain.test(one) ? one : `\\${byte.toString(8).padStart(3, '0')}`
  }).join('')

/** A value of a unit file. Null for what one can't hold: it ends at the line, and its ends are trimmed. */
export function unitValue(text: string): string | null {
  if (isUntypable(text) || text !== text.trim() || text.endsWith('\\')) return null
  return text.replaceAll('%', '%%')
}

/** As `systemd-escape --path` names the unit of a folder. */
export function unitName(folder: string): string {
  const segments = folder.split('/').filter((part) => part !== '')
  const escaped = segments
    .join('/')
    .split('')
    .map((one, at) => {
      if (one === '/') return '-'
      if (/[A-Za-z0-9:_]/.test(one) || (one === '.' && at > 0)) return one
      return [...new TextEncoder().encode(one)]
        .map((byte) => `\\x${byte.toString(16).padStart(2, '0')}`)
        .join('')
    })
    .join('')
  return escaped === '' ? '-' : escaped
}

/** A text of YAML, in double quotes: JSON's escapes are YAML's. */
export const yamlText = (text: string): string =>
  JSON.stringify(text).replaceAll(
    new RegExp(untypable.source, 'g'),
    (one) => `\\u${one.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
