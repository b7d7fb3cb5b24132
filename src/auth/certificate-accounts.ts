/**
 * Service accounts that come with a client certificate in place of a token: what a certificate's name stands for is configured, and
 * what the account may do is read as for a token, at most 5 s old.
 */
import type { Store } from '../db/open.ts'
import type { Identity } from '../model/identity.ts'
import type { Clock } from '../runtime/clock.ts'
import type { IdentityFace } from './identity-face.ts'
import { readStanding } from './standing.ts'
import { newAuditId } from './tokens.ts'

/** `[[api.tls.clients]]` */
export interface CertifiedClient {
  /** Common name of the certificate's subject. */
  readonly name: string
  readonly user: string
  /** Names; `Default` by default. */
  readonly user_domain?: string
  readonly project: string
  readonly project_domain?: string
}

/** The window of tokens: in it a change reaches every process. */
const cacheUs = 5_000_000

interface Read {
  readonly at: number
  readonly identity: Promise<Identity | null>
}

export class CertificateAccounts {
  readonly #clients: ReadonlyMap<string, CertifiedClient>
  readonly #parts: { readonly store: Store; readonly face: IdentityFace; readonly clock: Clock }
  readonly #read = new Map<string, Read>()

  constructor(
    clients: readonly CertifiedClient[],
    parts: { readonly store: Store; readonly face: IdentityFace; readonly clock: Clock },
  ) {
    this.#clients = new Map(clients.map((client) => [client.name, client]))
    this.#parts = parts
  }

  /** Who the holder of a verified certificate of this name is; null for nobody here and now. */
  identityOf(name: string): Promise<Identity | null> {
    const client = this.#clients.get(name)
    if (client === undefined) return Promise.resolve(null)
    const now = this.#parts.clock.now()
    const known = this.#read.get(name)
    if (known !== undefined && now - known.at < cacheUs) return known.identity
    const identity = this.#find(client, now)
    const read = { at: now, identity }
    this.#read.set(name, read)
    // What could not be read is not remembered.
    identity.catch(() => this.#read.get(name) === read && this.#read.delete(name))
    return identity
  }

  async #find(client: CertifiedClient, now: number): Promise<Identity | null> {
    const { directory } = this.#parts.face
    const domainId = async (name = 'Default'): Promise<string> =>
      (await directory.findDomain({ name }))?.id ?? ''
    const user = await directory.users.findUser({
      name: client.user,
      domainId: await domainId(client.user_domain),
    })
    const project = await directory.findProject({
      name: client.project,
      domainId: await domainId(client.project_domain),
    })
    if (user === null || project === null) return null
    const standing = await readStanding(
      { store: this.#parts.store, users: directory.users },
      {
        userId: user.id,
        scope: { type: 'project', id: project.id },
        auditIds: [newAuditId()],
        methods: ['password'],
        issuedAt: now,
        expiresAt: now + cacheUs,
        generation: user.generation,
        applicationCredentialId: null,
      },
      now,
    )
    return standing === null ? null : { ...standing.identity, method: 'certificate' }
  }
}
