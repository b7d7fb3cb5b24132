/** The absolute limits of the API as rows: what may be had, what is used of it. */

export interface LimitRow {
  /** As the API ends its names: `ShareGigabytes`. */
  readonly id: string
  readonly used: number
  /** Null = without limit. */
  readonly limit: number | null
  /** Counted in GiB. */
  readonly isSize: boolean
}

export function limitRows(absolute: Readonly<Record<string, number>>): readonly LimitRow[] {
  return Object.entries(absolute).flatMap(([name, limit]) => {
    const id = /^maxTotal(\w+)$/.exec(name)?.[1]
    if (id === undefined) return []
    const used = absolute[`total${id}Used`] ?? 0
    return [{ id, used, limit: limit < 0 ? null : limit, isSize: id.endsWith('Gigabytes') }]
  })
}

/** What a limit of the service is counted in, by the end of its name. Rates of 0 are switched off. */
export function serviceLimit(
  name: string,
  limit: number,
): { readonly limit: number | null; readonly unit: 'ms' | 's' | null } {
  const unit = name.endsWith('_ms') ? 'ms' : name.endsWith('_s') ? 's' : null
  return { limit: limit < 0 || (limit === 0 && name.endsWith('_per_minute')) ? null : limit, unit }
}
