/** Fields of resources as `show` commands give them. */

/** Without links; `metadata` is called `properties`, as in OpenStack's tools. */
export function fieldsOf(resource: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(resource)
      .filter(([name]) => name !== 'links')
      .map(([name, value]) => [name === 'metadata' ? 'properties' : name, value]),
  )
}
