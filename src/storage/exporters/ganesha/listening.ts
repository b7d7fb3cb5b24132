/** Where a port is really listened on, as the kernel says (`/proc/PID/net/tcp` and `tcp6`). */
import { readFileSync } from 'node:fs'
import { isIPv6, SocketAddress } from 'node:net'

const [established, listen] = ['01', '0A']

/** The local addresses in `table` on which `port` is listened on; an IPv4 address inside IPv6 is shown as IPv4. */
export function listenersIn(table: string, port: number): string[] {
  return socketsIn(table, port).flatMap(({ state, local }) => (state === listen ? [local] : []))
}

/**
 * The addresses of whoever has a connection to `port`, each once. `closing` counts those that are being closed too: what a
 * server that just died was connected with.
 */
export function peersIn(
  table: string,
  port: number,
  { address, closing }: { readonly address: string; readonly closing: boolean },
): string[] {
  const there = (local: string) => isWildcard(address) || local === readableOf(address)
  const peers = socketsIn(table, port).flatMap(({ state, local, remote }) =>
    state !== listen && there(local) && (closing || state === established) ? [remote] : [],
  )
  return [...new Set(peers)]
}

function socketsIn(
  table: string,
  port: number,
): { readonly local: string; readonly remote: string; readonly state: string }[] {
  const ending = `:${port.toString(16).toUpperCase().padStart(4, '0')}`
  return table.split('\n').flatMap((line) => {
    // Cheap before exact: there may be thousands of lines, several times a second.
    if (!line.includes(ending)) return []
    const [, local = '', remote = '', state = ''] = line.trim().split(/\s+/)
    if (!local.endsWith(ending)) return []
    const address = (field: string) => readable(field.split(':', 1)[0] ?? '')
    return [{ local: address(local), remote: address(remote), state }]
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

/** As the kernel's tables are read: an IPv6 address without abbreviations. */
function readableOf(address: string): string {
  if (!isIPv6(address)) return address
  const groups = new SocketAddress({ address, family: 'ipv6' }).address.split('::')
  const [before = [], after = []] = groups.map((part) => part.split(':').filter((group) => group !== ''))
  return [...before, ...Array<string>(8 - before.length - after.length).fill('0'), ...after].join(':')
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
