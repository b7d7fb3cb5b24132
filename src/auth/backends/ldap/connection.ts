/** One connection to one server. Every call ends within the time it is given, or the connection does. */
import { connect as connectTcp, isIP, type Socket } from 'node:net'
import { connect as connectTls, type ConnectionOptions } from 'node:tls'
import { Client, InvalidCredentialsError, type Attribute, type Change, type Entry, type Filter } from 'ldapts'
import { LdapOutage, isAbsent, isLimit, sorted } from './errors.ts'
import type { LdapOptions } from './options.ts'

export interface Search {
  readonly base: string
  readonly scope: 'base' | 'one' | 'sub'
  readonly filter: Filter
  readonly attributes: readonly string[]
  /** Entries after which nothing more is asked for. */
  readonly limit: number
}

export interface Connection {
  /** False once it ended, or a call on it was late. */
  readonly isUsable: boolean
  /**
   * Throws what the server answers, or {@link LdapOutage}; so does all below. With an empty password it is refused here: servers
   * take that for "nobody in particular" and say yes (RFC 4513, 5.1.2).
   */
  bind(dn: string, password: string): Promise<void>
  /** As whom the certificate says (SASL EXTERNAL). */
  bindByCertificate(): Promise<void>
  /** Nothing when the base is not there. Referrals are not chased. */
  search(search: Search): Promise<Entry[]>
  add(dn: string, attributes: readonly Attribute[]): Promise<void>
  modify(dn: string, changes: readonly Change[]): Promise<void>
  rename(dn: string, to: string): Promise<void>
  remove(dn: string): Promise<void>
  /** An idle one keeps no process alive. */
  setIdle(isIdle: boolean): void
  close(): void
}

export type ConnectOptions = Pick<LdapOptions, 'startTls' | 'tls' | 'timeoutMs' | 'pageSize'>

/** Connected, and over TLS where that is asked for; nobody is bound yet. */
export async function openConnection(url: string, options: ConnectOptions): Promise<Connection> {
  const { hostname, protocol } = new URL(url)
  const host = hostname.replaceAll(/^\[|\]$/g, '')
  const tls = tlsOptions(options, host)
  const sockets: Socket[] = []
  const kept = <T extends Socket>(socket: T): T => {
    sockets.push(socket)
    return socket
  }
  const client = new Client({
    url,
    ...(protocol === 'ldaps:' ? { tlsOptions: tls } : {}),
    createConnection: ((port: number, to: string) => kept(connectTcp(port, to))) as typeof connectTcp,
    createSecureConnection: ((...given: Parameters<typeof connectTls>) =>
      kept(connectTls(...given))) as typeof connectTls,
  })
  let isOver = false
  const close = (): void => {
    isOver = true
    for (const socket of sockets) socket.destroy()
  }

  /** `going` is told of each sign of life: what comes in many parts may take long as a whole. */
  async function within<T>(work: (going: () => void) => Promise<T>): Promise<T> {
    if (isOver) throw new LdapOutage('the connection has ended')
    let timer: NodeJS.Timeout | undefined
    const late = new Promise<never>((_resolve, reject) => {
      timer = setTimeout(
        () => reject(new LdapOutage(`${url} did not answer within ${options.timeoutMs} ms`)),
        options.timeoutMs,
      )
    })
    const working = work(() => timer?.refresh())
    // Of a late one nobody hears any more.
    working.catch(() => {})
    try {
      return await Promise.race([working, late])
    } catch (error) {
      const reason = sorted(error)
      // What comes later on it would be taken for the answer to something else.
      if (reason instanceof LdapOutage) close()
      throw reason
    } finally {
      clearTimeout(timer)
    }
  }

  // The library connects with the first request; the root entry of every server may be read by anybody who connects.
  const greet = async (): Promise<void> => {
    if (options.startTls && protocol === 'ldap:') await client.startTLS({ ...tls })
    else await client.search('', { scope: 'base', attributes: ['1.1'], sizeLimit: 1 }).catch(unlessOutage)
  }
  try {
    await within(greet)
  } catch (error) {
    close()
    // A server that refuses StartTLS is one that can't be spoken to.
    if (error instanceof LdapOutage) throw error
    const what = error instanceof Error ? error.message : String(error)
    throw new LdapOutage(`${url} refuses the connection: ${what}`, { cause: error })
  }

  return {
    get isUsable() {
      return !isOver && client.isConnected && sockets.every((socket) => !socket.destroyed)
    },
    async bind(dn, password) {
      if (dn === '' || !isPassword(password)) {
        throw new InvalidCredentialsError('a bind needs a name and a password')
      }
      await within(() => client.bind(dn, password))
    },
    bindByCertificate: () => within(() => client.bind('EXTERNAL')),
    search: (search) => within((going) => pages(client, search, options.pageSize, going)),
    add: (dn, attributes) => within(() => client.add(dn, [...attributes])),
    modify: (dn, changes) => within(() => client.modify(dn, [...changes])),
    rename: (dn, to) => within(() => client.modifyDN(dn, to)),
    remove: (dn) => within(() => client.del(dn)),
    setIdle(isIdle) {
      for (const socket of sockets) {
        if (isIdle) socket.unref()
        else socket.ref()
      }
    },
    close,
  }
}

/** Samba reads no further than a NUL: one in front makes any password an empty one, one at the end the right one. */
export const isPassword = (password: string): boolean => password !== '' && !password.includes('\0')

/** Servers that let nobody read the root still answered. */
function unlessOutage(error: unknown): void {
  if (sorted(error) instanceof LdapOutage) throw error
}

async function pages(client: Client, search: Search, pageSize: number, going: () => void): Promise<Entry[]> {
  const found: Entry[] = []
  try {
    const answers = client.searchPaginated(search.base, {
      scope: search.scope,
      filter: search.filter,
      attributes: [...search.attributes],
      explicitBufferAttributes: ['objectGUID', 'objectSid'],
      derefAliases: 'never',
      paged: { pageSize: Math.min(pageSize, Math.max(search.limit, 2)) },
    })
    // References to other servers come beside the entries, and are left there.
    for await (const { searchEntries } of answers) {
      going()
      found.push(...searchEntries)
      if (found.length >= search.limit) break
    }
  } catch (error) {
    // What came before the server's own limit is what there is to see.
    if (!isAbsent(error) && !(isLimit(error) && found.length > 0)) throw error
  }
  return found.slice(0, search.limit)
}

function tlsOptions({ tls }: ConnectOptions, host: string): ConnectionOptions {
  return {
    host,
    // An address is checked against the certificate too, but can't be asked for by name.
    ...(isIP(host) === 0 ? { servername: host } : {}),
    minVersion: 'TLSv1.2',
    rejectUnauthorized: tls.verify,
    ...(tls.ca === null ? {} : { ca: tls.ca }),
    ...(tls.cert === null || tls.key === null ? {} : { cert: tls.cert, key: tls.key }),
  }
}
