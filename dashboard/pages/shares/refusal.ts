/** What a refused request says of one of its fields. */
import { ApiError } from '../../../src/sdk/api-error.ts'
import { visible } from '../../ui/plain-text.tsx'

/** What the service's refusal says of a field, where it names it: `share.size must be …`. */
export function refusalOf(error: unknown, field: string): string | null {
  if (!(error instanceof ApiError) || error.status !== 400) return null
  const said = visible(error.message)
  const at = said.search(new RegExp(`(?:^|[ .])${field} `))
  return at < 0 ? null : said.slice(said.indexOf(field, at) + field.length + 1)
}
