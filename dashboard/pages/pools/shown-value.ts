/** A capability as a driver reports it, in words: it may be anything. */
import { visible } from '../../ui/plain-text.tsx'

const longest = 300

export function shownValue(value: unknown): string {
  const text = Array.isArray(value)
    ? value.map((one) => shownValue(one)).join(', ')
    : typeof value === 'object'
      ? JSON.stringify(value)
      : String(value)
  return visible(text.slice(0, longest))
}
