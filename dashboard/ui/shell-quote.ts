/** Arguments for a POSIX shell: what is copied does exactly what it shows, whatever a name holds. */

const plain = /^[A-Za-z0-9_@%+=:,./-]+$/

/** In single quotes unless nothing in it means anything. What can't be typed is written `$'\u202e'`, as bash and zsh read it. */
export function quoted(text: string): string {
  if (plain.test(text)) return text
  // oxlint-disable-next-line no-control-regex
  if (/[\u0000-\u001F\u007F-\u009F\u061C\u200B\u200E\u200F\u2028-\u202E\u2060-\u2069\uFEFF]/.test(text)) {
    const inner = text.replaceAll(
      // oxlint-disable-next-line no-control-regex
      /[\\'\u0000-\u001F\u007F-\u009F\u061C\u200B\u200E\u200F\u2028-\u202E\u2060-\u2069\uFEFF]/g,
      (one) =>
        one === '\\' || one === "'" ? `\\${one}` : `\\u${one.charCodeAt(0).toString(16).padStart(4, '0')}`,
    )
    return `$'${inner}'`
  }
  return `'${text.replaceAll("'", `'\\''`)}'`
}

/** `command('manila', 'share', 'create', ['--size', 3])`; null and undefined are left out. */
export const command = (
  ...parts: readonly (string | number | null | undefined | readonly (string | number)[])[]
): string =>
  parts
    .flat()
    .filter((part): part is string | number => part !== null && part !== undefined)
    .map((part) => quoted(String(part)))
    .join(' ')
