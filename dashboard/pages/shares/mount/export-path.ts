/** An export path taken apart, as each protocol writes it. */

export interface ExportPath {
  readonly protocol: 'NFS' | 'CIFS' | 'CEPHFS'
  /** Host or address without brackets; of CephFS all monitors, as the path has them. */
  readonly server: string
  /** Below the server: begins with `/`; of CIFS without it, and with `/` between parts. */
  readonly path: string
}

const host = /^(?:[A-Za-z0-9][A-Za-z0-9._-]*|[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*(?:%[A-Za-z0-9]+)?)$/
const monitors = /^[A-Za-z0-9[][A-Za-z0-9.:,[\]/_-]*$/

/** Null for what is none, or what no client could be told: a server that reads as an option, a line that ends in the middle. */
export function exportPathOf(protocol: string, text: string): ExportPath | null {
  if (!text.isWellFormed() || text.includes('\0')) return null
  switch (protocol.toUpperCase()) {
    case 'NFS': {
      const [, inBrackets, plain, path] = /^(?:\[([^\]]+)\]|([^:/[\]]+)):(\/.*)$/s.exec(text) ?? []
      const server = inBrackets ?? plain ?? ''
      return path === undefined || !host.test(server) ? null : { protocol: 'NFS', server, path }
    }
    case 'CIFS': {
      const [, server, path] = /^[\\/]{2}([^\\/]+)[\\/](.+)$/s.exec(text) ?? []
      if (server === undefined || path === undefined || !host.test(server)) return null
      return { protocol: 'CIFS', server, path: path.replaceAll('\\', '/').replace(/\/+$/, '') }
    }
    case 'CEPHFS': {
      const at = text.indexOf(':/')
      const server = text.slice(0, at)
      return at < 1 || !monitors.test(server)
        ? null
        : { protocol: 'CEPHFS', server, path: text.slice(at + 1) }
    }
    default:
      return null
  }
}

/** As a mount of Linux is told it. */
export const sourceOf = ({ protocol, server, path }: ExportPath): string => {
  switch (protocol) {
    case 'NFS':
      return `${inBrackets(server)}:${path}`
    case 'CIFS':
      return `//${server}/${path}`
    case 'CEPHFS':
      return `${server}:${path}`
  }
}

export const inBrackets = (server: string): string => (server.includes(':') ? `[${server}]` : server)

/** A name for folders and files that no shell, file or cluster stumbles over; made of the share's, or of its id. */
export function plainName(name: string | null, id: string): string {
  const plain = (name ?? '')
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .slice(0, 40)
    .replaceAll(/^-+|-+$/g, '')
  return plain === '' ? `share-${id.slice(0, 8)}` : plain
}
