/**
 * Text that somebody typed, shown so that it can't pretend: control and bidirectional characters are shown escaped, right-to-left text
 * stays within its own place.
 */
import classes from './plain-text.module.css'

// oxlint-disable-next-line no-control-regex
const tricky = /[\u0000-\u001F\u007F-\u009F\u061C\u200B\u200E\u200F\u2028-\u202E\u2060-\u2069\uFEFF]/g

/** Each such character as `\u202E`. */
export const visible = (text: string): string =>
  text.replaceAll(tricky, (one) => `\\u${one.charCodeAt(0).toString(16).toUpperCase().padStart(4, '0')}`)

export function PlainText({
  children,
  wrap = false,
}: {
  readonly children: string
  readonly wrap?: boolean
}) {
  // Lines of a long text are lines; of a name they would be a trick.
  const text = wrap ? children.split('\n').map(visible).join('\n') : visible(children)
  return (
    <bdi
      className={wrap ? classes.wrap : classes.line}
      title={text.length > 60 ? text.slice(0, 1000) : undefined}
    >
      {wrap ? text : text.slice(0, 300)}
    </bdi>
  )
}
