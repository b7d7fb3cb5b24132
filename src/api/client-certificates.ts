/** The name in the client certificate of a connection, where one was shown and its authority is ours. */
import type { Socket } from 'node:net'
import { TLSSocket } from 'node:tls'

interface Shown {
  readonly name: string | null
  /** Milliseconds since the epoch; a connection may outlive the certificate it began with. */
  readonly endsAt: number
}

const certificates = new WeakMap<Socket, Shown>()

/** Common name of the subject; null without a certificate, for one that did not verify, has ended, or has not exactly one name. */
export function certifiedName(socket: Socket, nowMs: number): string | null {
  if (!(socket instanceof TLSSocket) || !socket.authorized) return null
  let known = certificates.get(socket)
  if (known === undefined) {
    const { subject, valid_to: end } = socket.getPeerCertificate()
    // Several common names come as a list.
    const name: unknown = subject?.CN
    known = { name: typeof name === 'string' && name !== '' ? name : null, endsAt: Date.parse(end ?? '') }
    certificates.set(socket, known)
  }
  // Also false for an end that can't be read.
  return nowMs < known.endsAt ? known.name : null
}
