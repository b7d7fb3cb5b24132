/**
 * A small NFSv4.0 client in user space: no mount, no privileges, and it can come from any address of this host, so that
 * one process plays several clients. The quick start shows with it that a share works, and the tests that a limit, a rule
 * and a server keep their word.
 *
 * It promises that every call settles, that a failure carries the protocol's own name for it, and that what `write`
 * reports is stored. It refuses to be a general client: no locks, no cache, no links, no second try after a lost
 * connection.
 */
import { Nfs } from './files.ts'
import { getAttributes, getFh, lookup, putRootFh } from './operations.ts'
import { elements } from './paths.ts'
import { openSession } from './session.ts'
import type { Attributes } from './attributes.ts'
import type { FileHandle, Operation } from './operations.ts'

export { NfsError } from './nfs-error.ts'

export interface NfsOptions {
  readonly host: string
  readonly port: number
  /** As exported: `/name`. */
  readonly path: string
  /** The address of this host to come from, for example 127.0.0.2; default: what the kernel picks. */
  readonly from?: string
  /** For each call by itself, default 30 s. */
  readonly timeoutMs?: number
  /** As whom files are made and access is judged, default 0 (subject to squashing). */
  readonly uid?: number
  readonly gid?: number
}

const defaultTimeoutMs = 30_000

/**
 * Connects, makes itself known and looks the export up. Throws {@link NfsError}: `NFS4ERR_NOENT` also when the server
 * hides the export from this address.
 */
export async function mountNfs(options: NfsOptions): Promise<Nfs> {
  const { host, port, from, timeoutMs = defaultTimeoutMs, uid = 0, gid = 0 } = options
  const source = from === undefined ? {} : { from }
  const session = await openSession({ host, port, timeoutMs, uid, gid, ...source })
  try {
    const way = elements(options.path).map((element) => lookup(element))
    const facts = getAttributes(['leaseS', 'maxRead', 'maxWrite'])
    const walk: readonly Operation<unknown>[] = [putRootFh, ...way]
    const results = await session.compound([...walk, getFh, facts])
    const [root, attributes] = results.slice(-2) as [FileHandle, Attributes]
    session.keepLease(attributes.leaseS ?? 10)
    return new Nfs(session, root, attributes)
  } catch (error) {
    await session.end()
    throw error
  }
}
