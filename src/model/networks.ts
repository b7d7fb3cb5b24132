/** Client addresses: what counts as one of them, and which networks they are in. */
import ipaddr from 'ipaddr.js'

/**
 * What is counted as one client: an IPv4 address (also one written as IPv6), or the /64 of an IPv6 address, of which one
 * customer has 2^64. Other text as it is, cut to what a column holds.
 */
export function clientOf(ip: string): string {
  if (!ipaddr.isValid(ip)) return ip.slice(0, 60)
  const address = ipaddr.process(ip)
  if (address.kind() === 'ipv4') return address.toString()
  const { parts: groups } = address as ipaddr.IPv6
  return `${groups
    .slice(0, 4)
    .map((part) => part.toString(16))
    .join(':')}::/64`
}

/** `192.0.2.0/24`, `2001:db8::/32`, `192.0.2.7`. */
export const isNetwork = (text: string): boolean => ipaddr.isValid(text) || ipaddr.isValidCIDR(text)

/** Answers whether an address is in one of the networks. Throws for text that is no network. */
export function inNetworks(networks: readonly string[]): (ip: string | undefined) => boolean {
  const ranges = networks.map((text): [ipaddr.IPv4 | ipaddr.IPv6, number] => {
    if (!isNetwork(text)) throw new Error(`${JSON.stringify(text)} is no network`)
    if (text.includes('/')) return ipaddr.parseCIDR(text)
    const one = ipaddr.process(text)
    return [one, one.kind() === 'ipv4' ? 32 : 128]
  })
  return (ip) => {
    if (ip === undefined || !ipaddr.isValid(ip)) return false
    const address = ipaddr.process(ip)
    return ranges.some(([base, bits]) => address.kind() === base.kind() && address.match(base, bits))
  }
}
