/**
 * Access rules in Ganesha's words. NFS without Kerberos knows a client by its address only, and NFS-Ganesha 4.3 doesn't read every
 * network; what it can't enforce ends in error by itself, without stopping the others.
 */
import type { ExportRule, RuleOutcome } from '../../drivers/driver.ts'
import { singleAddresses } from '../../model/access-networks.ts'
import { checkTarget } from '../../model/access.ts'

/** Clients that Ganesha can be told of together. */
export interface ClientRule {
  /** As Ganesha takes them: `10.0.0.7`, `10.0.0.0/24`; two halves for “everybody”, each address of a small IPv6 network. */
  readonly clients: readonly string[]
  readonly level: 'rw' | 'ro'
  /** How many leading bits of the address are fixed; IPv4 counts as if mapped into IPv6. */
  readonly bits: number
}

export interface SortedRules {
  /** The first that matches decides, so the narrowest comes first; one for all rules of the same width and level. */
  readonly enforced: readonly ClientRule[]
  /** One per given rule, in the given order. */
  readonly outcomes: readonly RuleOutcome[]
}

/**
 * Addresses and networks that one export may have. Ganesha reads 20,000 in 1.7 s and 64,000 in 15 s, in which it takes no other change:
 * docs/decisions/0031-access-rules.md.
 */
export const clientsAtMost = 20_000

/** Its parser takes two digits after an IPv6 address. */
const longestPrefix = 99
/** From here on a network is told address by address. */
const shortestList = 121

/** Splits rules into what Ganesha enforces and what becomes of each; never throws. */
export function sortRules(rules: readonly ExportRule[]): SortedRules {
  const enforced: ClientRule[] = []
  let clients = 0
  const outcomes = rules.map((rule): RuleOutcome => {
    if (rule.type !== 'ip') {
      const why = `NFS here knows clients by address only; a rule of type ${rule.type} can't be enforced`
      return { ...refused(rule, why), reason: 'access-type-unsupported' }
    }
    const client = clientOf(rule)
    if (typeof client === 'string') return refused(rule, client)
    if (clients + client.clients.length > clientsAtMost)
      return refused(rule, `an export may have ${clientsAtMost} addresses and networks; it has ${clients}`)
    clients += client.clients.length
    enforced.push(client)
    return { id: rule.id, state: 'active', accessKey: null, why: null, reason: null }
  })
  return { enforced: grouped(enforced), outcomes }
}

/** Networks of one width have no client in common, so their order among themselves does not matter. */
function grouped(rules: readonly ClientRule[]): readonly ClientRule[] {
  const groups = Map.groupBy(rules, ({ bits, level }) => `${bits} ${level}`)
  return [...groups.values()]
    .map((group) => ({ ...group[0]!, clients: group.flatMap(({ clients }) => clients).toSorted() }))
    .toSorted((a, b) => b.bits - a.bits || a.level.localeCompare(b.level))
}

function refused(rule: ExportRule, why: string): RuleOutcome {
  return { id: rule.id, state: 'error', accessKey: null, why, reason: 'unsupported' }
}

/** Null or a sentence: why Ganesha can't enforce it. */
function clientOf(rule: ExportRule): ClientRule | string {
  const { canonical, problem } = checkTarget('ip', rule.to, { ipv6: true, cephx: true })
  if (problem !== undefined) return problem
  if (canonical !== rule.to) return `${rule.to} is another way to write ${canonical}: use that`
  const [address = '', prefix] = canonical.split('/')
  const width = address.includes(':') ? 128 : 32
  const length = prefix === undefined ? width : Number(prefix)
  const bits = length + (128 - width)
  const clients = spelled(canonical, length, width)
  if (clients !== null) return { clients, level: rule.level, bits }
  return `NFS-Ganesha takes IPv6 networks up to /${longestPrefix} and from /${shortestList}: ${canonical} can't be enforced; use /${longestPrefix}, or single addresses`
}

/** Ganesha's parser refuses `/0`, so everybody is two halves; a whole address goes without its length. Null: it has no words for it. */
function spelled(canonical: string, length: number, width: number): readonly string[] | null {
  if (length === 0) return width === 32 ? ['0.0.0.0/1', '128.0.0.0/1'] : ['::/1', '8000::/1']
  if (length === width || length <= longestPrefix) return [canonical]
  return length < shortestList ? null : singleAddresses(canonical)
}

/** Whether `client` is something that an export file may say. Files of earlier releases say more, and then lose all their clients. */
export function isClient(client: string): boolean {
  const { canonical } = checkTarget('ip', client, { ipv6: true, cephx: true })
  if (canonical !== client) return false
  const [address = '', prefix] = client.split('/')
  return prefix === undefined || !address.includes(':') || Number(prefix) <= longestPrefix
}
