/** Why a rule is in error. Messages are about the share; what was written in the same moment as the rule's state is about the rule. */
import type { RuleView } from './queries.ts'

export type ToldRule = Pick<RuleView, 'state' | 'updated_at' | 'created_at'>

export interface RuleMessage {
  readonly created_at: string
  readonly user_message: string
}

/** Sentences without what was tried (`update access rules: …`), each once; empty = nothing was said. */
export function reasonsFor(rule: ToldRule, messages: readonly RuleMessage[]): readonly string[] {
  if (rule.state !== 'error') return []
  const at = rule.updated_at ?? rule.created_at ?? ''
  const then = messages.filter(({ created_at }) => created_at === at)
  const later = messages.filter(({ created_at }) => created_at >= at)
  const chosen = then.length > 0 ? then : later.length > 0 ? later : messages.slice(0, 1)
  return [...new Set(chosen.map(({ user_message }) => user_message.replace(/^[^:]{1,60}: /, '')))].slice(0, 3)
}
