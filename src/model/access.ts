/**
 * Whom an access rule names. One pure function says whether `access_to` fits its type and what it means: two spellings of
 * one meaning have the same canonical form, which is what duplicates are found by and what backends are told.
 */
import ipaddr from 'ipaddr.js'

export const accessTypes = ['ip', 'user', 'cert', 'cephx'] as const
export type AccessType = (typeof accessTypes)[number]

export const accessLevels = ['rw', 'ro'] as const
export type AccessLevel = (typeof accessLevels)[number]

export interface AccessAbilities {
  /** 2.38+ */
  readonly ipv6: boolean
  /** 2.13+ */
  readonly cephx: boolean
}

export type CheckedTarget =
  | { readonly canonical: string; readonly problem?: undefined }
  | { readonly canonical?: undefined; readonly problem: string }

/** The canonical form of `to`, or a sentence that ends in what it must be. `type` may be any text a caller sent. */
export function checkTarget(type: string, to: string, abilities: AccessAbilities): CheckedTarget {
  switch (type) {
    case 'ip':
      return checkAddress(to, abilities.ipv6)
    case 'user':
      return checkUser(to)
    case 'cert':
      return checkCommonName(to)
    case 'cephx':
      return abilities.cephx ? checkCephxId(to) : unknownType(abilities)
    default:
      return unknownType(abilities)
  }
}

function unknownType({ cephx }: AccessAbilities): CheckedTarget {
  const known = cephx ? accessTypes : accessTypes.filter((type) => type !== 'cephx')
  return { problem: `access_type must be one of ${known.join(', ')}` }
}

const decimalQuad = /^(0|[1-9]\d{0,2})(\.(0|[1-9]\d{0,2})){3}$/
const hexGroups = /^[0-9a-fA-F:]+(:\d+\.\d+\.\d+\.\d+)?$/

/** An address or a network whose host bits are zero: a host address with a prefix is more likely a slip than a wish. */
function checkAddress(text: string, ipv6: boolean): CheckedTarget {
  const wanted = ipv6 ? 'an IPv4 or IPv6 address or network' : 'an IPv4 address or network'
  const problem = `access_to must be ${wanted} such as 10.0.0.0/24`
  const [host = '', length, ...more] = text.split('/')
  const address = addressOf(host)
  if (address === null || more.length > 0) return { problem }
  if (address.kind() === 'ipv6' && !ipv6) return { problem }
  const width = address.kind() === 'ipv6' ? 128 : 32
  const prefix = length === undefined ? width : prefixOf(length, width)
  if (prefix === null) return { problem }
  if (hasHostBits(address.toByteArray(), prefix)) {
    return { problem: `access_to must have no host bits set beyond its prefix /${prefix}` }
  }
  if (address.kind() === 'ipv4') return namedNetwork(address.toString(), prefix, width)
  const six = address as ipaddr.IPv6
  // Clients that speak IPv4 come from an IPv4 address, whatever spelling of it a rule has.
  if (six.isIPv4MappedAddress() && prefix >= 96)
    return namedNetwork(six.toIPv4Address().toString(), prefix - 96, 32)
  return namedNetwork(six.toRFC5952String(), prefix, width)
}

/** No client has the address of nobody, and NFS servers take it for everybody. */
function namedNetwork(name: string, prefix: number, width: number): CheckedTarget {
  if (prefix < width) return { canonical: `${name}/${prefix}` }
  if (name !== '0.0.0.0' && name !== '::') return { canonical: name }
  return { problem: `access_to ${name} is the address of no client; to let every client in, write ${name}/0` }
}

/** Networks that servers are told address by address: IPv6 ones of these prefixes. */
const spelledOutPrefixes = [121, 122, 123, 124, 125, 126, 127] as const

/** As how many rules one counts: servers have to be told the addresses of a small IPv6 network one by one. */
export function weightOf(type: string, canonical: string): number {
  const [address = '', prefix] = canonical.split('/')
  const isSpelledOut = (spelledOutPrefixes as readonly number[]).includes(Number(prefix))
  return type === 'ip' && address.includes(':') && isSpelledOut ? 2 ** (128 - Number(prefix)) : 1
}

/** The addresses of a network that {@link weightOf} counts one by one, in order. */
export function addressesOf(network: string): string[] {
  const [address = '', prefix] = network.split('/')
  const first = ipaddr.IPv6.parse(address).toByteArray()
  return Array.from({ length: 2 ** (128 - Number(prefix)) }, (_, at) =>
    new ipaddr.IPv6([...first.slice(0, 15), (first[15] ?? 0) + at]).toRFC5952String(),
  )
}

/** Null for what isn't plainly an address; short forms like `10.1` and octal quads mean different things to different programs. */
function addressOf(text: string): ipaddr.IPv4 | ipaddr.IPv6 | null {
  if (decimalQuad.test(text) && ipaddr.IPv4.isValid(text)) return ipaddr.IPv4.parse(text)
  if (!text.includes(':') || !hexGroups.test(text)) return null
  const groups = inHexGroups(text)
  return groups !== null && ipaddr.IPv6.isValid(groups) ? ipaddr.IPv6.parse(groups) : null
}

/** With the quad that may end an IPv6 address as two groups: ipaddr.js reads `::10.0.0.7` as if it said `::ffff:10.0.0.7`. */
function inHexGroups(text: string): string | null {
  const at = text.lastIndexOf(':') + 1
  const quad = text.slice(at)
  if (!quad.includes('.')) return text
  if (!decimalQuad.test(quad) || !ipaddr.IPv4.isValid(quad)) return null
  const [a = 0, b = 0, c = 0, d = 0] = ipaddr.IPv4.parse(quad).toByteArray()
  return `${text.slice(0, at)}${(a * 256 + b).toString(16)}:${(c * 256 + d).toString(16)}`
}

/** `24`, or for IPv4 `255.255.255.0`. */
function prefixOf(text: string, width: number): number | null {
  if (/^(0|[1-9]\d{0,2})$/.test(text)) return Number(text) <= width ? Number(text) : null
  if (width !== 32 || !decimalQuad.test(text) || !ipaddr.IPv4.isValid(text)) return null
  return ipaddr.IPv4.parse(text).prefixLengthFromSubnetMask()
}

function hasHostBits(bytes: readonly number[], prefix: number): boolean {
  return bytes.some((byte, index) => {
    const fixed = Math.min(8, Math.max(0, prefix - index * 8))
    return (byte & (0xff >> fixed)) !== 0
  })
}

/** Manila's rule for user and group names; control characters are refused because names end up in configuration files. */
function checkUser(text: string): CheckedTarget {
  const problem =
    'access_to must be a user or group name of 4 to 255 characters, none of " / \\ [ ] : ; | = , + * ? < >, not only dots and spaces'
  if (!/^[^"/\\[\]:;|=,+*?<>\u0000-\u001f\u007f]{4,255}$/.test(text)) return { problem }
  if (/^[. ]+$/.test(text)) return { problem }
  return { canonical: text }
}

/** An X.509 common name: 1 to 64 characters (RFC 5280, ub-common-name). */
function checkCommonName(text: string): CheckedTarget {
  const name = text.trim()
  if (name.length < 1 || name.length > 64 || /[\u0000-\u001f\u007f]/.test(name)) {
    return { problem: 'access_to must be a common name of 1 to 64 characters' }
  }
  return { canonical: name }
}

/** A Ceph client id without `client.`: the dot separates the two. */
function checkCephxId(text: string): CheckedTarget {
  if (!/^[\x20-\x2d\x2f-\x7e]{1,255}$/.test(text)) {
    return { problem: 'access_to must be a CephX id: 1 to 255 printable ASCII characters without a dot' }
  }
  return { canonical: text }
}
