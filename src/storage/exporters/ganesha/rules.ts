/**
 * Access rules in Ganesha's words. NFS without Kerberos knows a client by its address only, so every other kind of rule
 * ends in error by itself, without stopping the others.
 */
import { addressesOf, checkTarget, weightOf } from '../../../model/access.ts'
import type { ExportRule, RuleOutcome } from '../../contract/driver.ts'

/** Clients that Ganesha is told of together. */
export interface ClientRule {
  /** As Ganesha takes them: `10.0.0.7`, `10.0.0.0/24`; two halves for “everybody”. */
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

/** Splits rules into what Ganesha enforces and what becomes of each; never throws. */
export function sortRules(rules: readonly ExportRule[]): SortedRules {
  const enforced: ClientRule[] = []
  let told = 0
  const outcomes = rules.map((rule): RuleOutcome => {
    if (rule.type !== 'ip') {
      const why = `NFS here knows clients by address only; a rule of type ${rule.type} can't be enforced`
      return { ...refused(rule, why), reason: 'access-type-unsupported' }
    }
    const client = clientOf(rule)
    if (typeof client === 'string') return refused(rule, client)
    if (told + client.clients.length > clientsAtMost)
      return refused(rule, `an export may have ${clientsAtMost} addresses and networks, and has ${told}`)
    told += client.clients.length
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

/** How Ganesha is told of the rule's clients; a sentence when it can't be told. */
function clientOf(rule: ExportRule): ClientRule | string {
  const { canonical, problem } = checkTarget('ip', rule.to, { ipv6: true, cephx: false })
  if (canonical === undefined) return problem
  const [address = '', prefix] = canonical.split('/')
  const width = address.includes(':') ? 128 : 32
  const length = prefix === undefined ? width : Number(prefix)
  const bits = length + (128 - width)
  const clients = spelled(canonical, address, length, width)
  if (clients === null)
    return `NFS-Ganesha takes IPv6 networks of the prefixes /0 to /99 and /121 to /128, and ${rule.to} is none of them`
  return { clients, level: rule.level, bits }
}

/** Prefixes with more than two digits are no words of Ganesha's 4.3 parser. */
const longestPrefix = 99

/**
 * Ganesha's parser refuses `/0` as well, so everybody is two halves; a whole address goes without its length, and a network too
 * small to be named goes address by address. Null for what can be said in none of these ways.
 */
function spelled(
  canonical: string,
  address: string,
  length: number,
  width: number,
): readonly string[] | null {
  if (length === width) return [address]
  if (length === 0) return width === 32 ? ['0.0.0.0/1', '128.0.0.0/1'] : ['::/1', '8000::/1']
  if (length <= longestPrefix) return [`${address}/${length}`]
  return weightOf('ip', canonical) > 1 ? addressesOf(canonical) : null
}
