/**
 * Access rules in Ganesha's words. NFS without Kerberos knows a client by its address only, so every other kind of rule
 * ends in error by itself, without stopping the others.
 */
import { isIPv4, isIPv6 } from 'node:net'
import type { ExportRule, RuleOutcome } from '../../drivers/driver.ts'

/** A rule that Ganesha can enforce. */
export interface ClientRule {
  /** As Ganesha takes them: `10.0.0.7`, `10.0.0.0/24`; two halves for “everybody”. */
  readonly clients: readonly string[]
  readonly level: 'rw' | 'ro'
  /** How many leading bits of the address are fixed; IPv4 counts as if mapped into IPv6. */
  readonly bits: number
}

export interface SortedRules {
  /** The first that matches decides, so the narrowest comes first. */
  readonly enforced: readonly ClientRule[]
  /** One per given rule, in the given order. */
  readonly outcomes: readonly RuleOutcome[]
}

/** Splits rules into what Ganesha enforces and what becomes of each; never throws. */
export function sortRules(rules: readonly ExportRule[]): SortedRules {
  const enforced: ClientRule[] = []
  const outcomes = rules.map((rule): RuleOutcome => {
    if (rule.type !== 'ip') {
      const why = `NFS here knows clients by address only; a rule of type ${rule.type} can't be enforced`
      return { ...refused(rule, why), reason: 'access-type-unsupported' }
    }
    const client = clientOf(rule)
    if (client === null)
      return refused(rule, `${rule.to} is not an address or network that NFS-Ganesha understands`)
    enforced.push(client)
    return { id: rule.id, state: 'active', accessKey: null, why: null, reason: null }
  })
  enforced.sort((a, b) => b.bits - a.bits || order(a).localeCompare(order(b)))
  return { enforced, outcomes }
}

function order({ clients, level }: ClientRule): string {
  return `${clients.join(' ')} ${level}`
}

function refused(rule: ExportRule, why: string): RuleOutcome {
  return { id: rule.id, state: 'error', accessKey: null, why, reason: 'unsupported' }
}

function clientOf(rule: ExportRule): ClientRule | null {
  const [address = '', prefix, ...more] = rule.to.split('/')
  const width = isIPv4(address) ? 32 : isPlainIPv6(address) ? 128 : null
  if (width === null || more.length > 0) return null
  if (prefix !== undefined && !/^\d{1,3}$/.test(prefix)) return null
  const length = prefix === undefined ? width : Number(prefix)
  if (length > width) return null
  const bits = length + (128 - width)
  return { clients: spelled(address, length, width), level: rule.level, bits }
}

/** Ganesha's parser refuses `/0`, so everybody is two halves; a whole address goes without its length. */
function spelled(address: string, length: number, width: number): readonly string[] {
  if (length === width) return [address]
  if (length > 0) return [`${address}/${length}`]
  return width === 32 ? ['0.0.0.0/1', '128.0.0.0/1'] : ['::/1', '8000::/1']
}

/** IPv6 without a zone and without an embedded IPv4 address, which Ganesha compares as IPv4 or doesn't parse. */
function isPlainIPv6(address: string): boolean {
  return isIPv6(address) && /^[0-9a-fA-F:]+$/.test(address)
}
