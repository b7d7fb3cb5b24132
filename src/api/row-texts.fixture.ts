/** Rows as lists may have them, and what their properties are by a plain reading. */
import fc from 'fast-check'

export const plainStamp = (micros: number): string =>
  new Date(Math.floor(micros / 1e6) * 1000).toISOString().slice(0, 19) +
  `.${String(micros % 1e6).padStart(6, '0')}`

/** What JSON has to write otherwise than it is, and what it must leave alone. */
export const text = fc.oneof(
  fc.string(),
  fc.string({ unit: 'binary' }),
  fc.constantFrom('"', '\\', '\n', '\u007f', '\ud800', 'é', '\u2028', '</script>', '{}'),
)
/** Few values, so that rows share some with the row before them and not others. */
export const often = (other: fc.Arbitrary<string> = text) => fc.oneof(fc.constantFrom('a', 'b'), other)
export const maybe = fc.option(often(), { nil: null })
export const flag = fc.constantFrom(0, 1)
export const stamp = fc.integer({ min: 0, max: 4e15 })

export const url = fc.record({
  base: fc.constantFrom('http://127.0.0.1:8786', 'http://a"b\\c'),
  projectPart: fc.constantFrom('', '/p'),
  path: fc.constant('/a/list'),
  query: fc.constant({}),
})
