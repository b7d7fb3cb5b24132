/**
 * IPv6 networks as lists of single addresses. NFS servers may know only short prefixes; a network of at most
 * {@link longestList} addresses can be told them one by one, and counts as that many rules.
 */
import ipaddr from 'ipaddr.js'
import { checkTarget } from './access.ts'

/** Addresses of a /121. */
export const longestList = 128

/** How many addresses stand for the canonical `to` where a server has to be told them one by one; 1 for everything else. */
export function listLength(to: string): number {
  const prefix = to.includes(':') ? Number(to.split('/')[1] ?? 128) : 128
  return prefix <= 120 ? 1 : 2 ** (128 - prefix)
}

/** What a rule counts against the limit of its share or snapshot, by what its owner wrote. */
export function ruleWeight(type: string, to: string): number {
  if (type !== 'ip') return 1
  const { canonical } = checkTarget(type, to, { ipv6: true, cephx: true })
  return canonical === undefined ? 1 : listLength(canonical)
}

/** Every address of a canonical IPv6 network /121 … /127, in order. */
export function singleAddresses(network: string): readonly string[] {
  const [first = '', prefix = ''] = network.split('/')
  const bytes = ipaddr.IPv6.parse(first).toByteArray()
  return Array.from({ length: 2 ** (128 - Number(prefix)) }, (_, at) => {
    const address = new ipaddr.IPv6([...bytes.slice(0, 15), (bytes[15] ?? 0) + at])
    return address.toRFC5952String()
  })
}
