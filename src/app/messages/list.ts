/** User messages of the caller's project; administrators see everybody's. */
import { type Ctx, scopeOf } from '../context.ts'
import type { Page } from '../../db/store/keyset.ts'
import { listMessages, messageColumns, type MessageRow } from '../../db/store/messages.ts'
import { invalid } from '../../model/errors.ts'
import { microsFromIso } from '../../model/iso-time.ts'

export interface ListMessages {
  /** Filters as sent; keys that are none are ignored. */
  readonly query: Readonly<Record<string, string>>
}

/** Answers what reads any page of the list. */
export function list(ctx: Ctx, { query }: ListMessages): (page: Page) => Promise<MessageRow[]> {
  const given = messageColumns.flatMap((column) => {
    const value = query[column]
    return value === undefined ? [] : [[column, value] as const]
  })
  const timed = ctx.flags.has('filterMessagesByTime')
  const filters = {
    equal: Object.fromEntries(given),
    since: timed ? instant('created_since', query.created_since) : null,
    before: timed ? instant('created_before', query.created_before) : null,
  }
  const scope = scopeOf(ctx)
  return (page) => listMessages(ctx.db, scope, filters, page)
}

function instant(name: string, text: string | undefined): number | null {
  if (text === undefined) return null
  const micros = microsFromIso(text)
  if (micros === null) throw invalid(`${name} must be a time such as 2026-08-21T11:05:00`)
  return micros
}
