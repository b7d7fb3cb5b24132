/** Schemas that an OpenAPI document says more than once become components with a name, so that people can read it. */

type Json = Readonly<Record<string, unknown>>

/** Shorter ones are clearer where they stand. */
const worthNaming = 120

/** Answers the paths with references in them, and the components they name, in the order of first use. */
export function named(paths: Json): { readonly paths: Json; readonly schemas: Json } {
  const seen = new Map<string, number>()
  walk(paths, '', (text) => seen.set(text, (seen.get(text) ?? 0) + 1))
  const names = new Map<string, string>()
  const schemas: Record<string, unknown> = {}
  const replace = (node: unknown, key: string): unknown => {
    if (typeof node !== 'object' || node === null) return node
    const inside = (): unknown =>
      Array.isArray(node)
        ? node.map((one) => replace(one, key))
        : Object.fromEntries(
            Object.entries(node).map(([name, value]) => [name, replace(value, inner(name, key))]),
          )
    const text = textOf(node, key)
    if (text === null || (seen.get(text) ?? 0) < 2) return inside()
    const known = names.get(text)
    if (known !== undefined) return { $ref: `#/components/schemas/${known}` }
    const name = freeName(key, schemas)
    names.set(text, name)
    schemas[name] = null
    schemas[name] = inside()
    return { $ref: `#/components/schemas/${name}` }
  }
  return { paths: replace(paths, '') as Json, schemas }
}

/** The property a schema is under says what it is; these keywords only stand between. */
const between = ['items', 'schema', 'anyOf', 'properties']
const inner = (name: string, key: string): string => (between.includes(name) ? key : name)

function walk(node: unknown, key: string, count: (text: string) => void): void {
  if (typeof node !== 'object' || node === null) return
  const text = textOf(node, key)
  if (text !== null) count(text)
  for (const [name, value] of Object.entries(node))
    walk(value, Array.isArray(node) ? key : inner(name, key), count)
}

/** Null for what isn't a schema worth a name. */
function textOf(node: object, key: string): string | null {
  const { type } = node as Json
  if (type !== 'object' || !/^[a-z_]+$/.test(key)) return null
  const text = JSON.stringify(node)
  return text.length < worthNaming ? null : text
}

function freeName(key: string, taken: Json): string {
  const noun = key
    .replace(/(?<!s)s$/, '')
    .replaceAll(/(?:^|_)(\w)/g, (_whole, letter: string) => letter.toUpperCase())
  for (let number = 1; ; number++) {
    const name = number === 1 ? noun : `${noun}${number}`
    if (!Object.hasOwn(taken, name)) return name
  }
}
