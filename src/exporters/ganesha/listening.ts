/** Where a port is really listened on, as the kernel says (`/proc/PID/net/tcp` and `tcp6`). */
import { readFileSync } from 'node:fs'

const listen = '0A'

/** The local addresses in `table` on which `port` is listened on; an IPv4 address inside IPv6 is shown as IPv4. */
export function listenersIn(table: string, port: number): string[] {
  return table.split('\n').flatMap((line) => {
    const [, local = '', , state] = line.trim().split(/\s+/)
    const [address = '', hexPort = ''] = local.split(':')
    if (state !== listen || Number.parseInt(hexPort, 16) !== port) return []
    return [readable(address)]
  })
}

/** Of the process `pid`, whose network may be another than ours. */
export function listeners(pid: number, port: number): string[] {
  return ['tcp', 'tcp6'].flatMap((name) => {
    try {
      return listenersIn(readFileSync(`/proc/${pid}/net/${name}`, 'utf8'), port)
    } catch {
      // A kernel without IPv6 has no tcp6; a process that is gone has neither.
      return []
    }
  })
}

export const isWildcard = (address: string): boolean => address === '0.0.0.0' || /^[0:]+$/.test(address)

/** The kernel prints each 32-bit word in the byte order of the machine, which is little-endian on all we run on. */
function readable(hex: string): string {
  const bytes = (hex.match(/.{8}/g) ?? []).flatMap((word) => [...Buffer.from(word, 'hex')].toReversed())
  const mapped = bytes.length === 16 && bytes.slice(0, 10).every((one) => one === 0) && bytes[10] === 0xff
  if (bytes.length === 4 || mapped) return bytes.slice(-4).join('.')
  const groups = Array.from({ length: 8 }, (_, at) => ((bytes[2 * at] ?? 0) << 8) | (bytes[2 * at + 1] ?? 0))
  return groups.map((group) => group.toString(16)).join(':')
}
