/**
 * Whether a backend may serve, as far as its clients could reach what is not theirs: most storage servers hand out handles
 * that a client can forge, and then the clients of one file system share all of it. Asked at every start, before anything
 * is made or served. It refuses to know how a driver keeps shares apart: drivers and exporters say it themselves.
 */
import type { BackendSettings } from '../config/schema.ts'
import type { DbOrTx } from '../db/schema.ts'
import { holdsShares } from '../db/store/instances-on-backend.ts'
import {
  DriverError,
  type CallContext,
  type Publishes,
  type StorageDriver,
} from '../storage/contract/driver.ts'

export interface Applicant {
  /** Row id. */
  readonly id: string
  readonly name: string
  readonly driver: StorageDriver
  readonly published: readonly Published[]
  readonly settings: Pick<BackendSettings, 'driver' | 'trusted_clients'>
}

/** Of one who publishes: for which protocols, and whether nothing of that is opened to clients. */
export interface Published {
  readonly protocols: readonly string[]
  readonly pretends: boolean
}

/** All who publish where these are the driver and the exporters. */
export function publishedBy(
  { native }: Pick<StorageDriver, 'native'>,
  exporters: readonly Pick<Publishes, 'protocols' | 'pretends'>[],
): readonly Published[] {
  const all = native === undefined ? exporters : [native, ...exporters]
  return all.map(({ protocols, pretends = false }) => ({ protocols, pretends }))
}

/**
 * Null: it may serve and take new shares. A sentence: it goes on serving the shares it has, takes no new ones, and this is
 * why. Throws `host-lacks` for a backend that has none: it does not start at all.
 */
export async function admission(db: DbOrTx, applicant: Applicant, call: CallContext): Promise<string | null> {
  const objections = [untrusted(applicant), await exposed(applicant, call)].filter((why) => why !== null)
  if (objections.length === 0) return null
  const why = objections.join(' ')
  if (!(await holdsShares(db, applicant.id))) {
    throw new DriverError(why, 'nothing-happened', { reason: 'host-lacks' })
  }
  return `It serves the shares it has and takes no new ones: ${why}`
}

/** True when clients reach trees over a network, and nothing separates those of one share from those of another. */
export function sharesItsClients({ driver, published }: Pick<Applicant, 'driver' | 'published'>): boolean {
  return published.some(({ pretends }) => !pretends) && driver.separates === undefined
}

/** Why the clients of its shares must trust one another, when nobody has said that they do; null otherwise. Asks nothing. */
export function untrusted(applicant: Omit<Applicant, 'id'>): string | null {
  const { name, published, settings } = applicant
  if (settings.trusted_clients || !sharesItsClients(applicant)) return null
  const opened = published.flatMap(({ protocols, pretends }) => (pretends ? [] : protocols))
  return (
    `backend ${name} (driver ${settings.driver}) keeps all its shares on one file system, so whoever may mount one share ` +
    `over ${opened.join(' or ')} can read and write every other one; use driver = "image", which gives ` +
    `each share a file system of its own, or set trusted_clients = true in [backends.${name}] if all these clients trust one another.`
  )
}

/** What else of this host lies where clients can get at it, which no trust between clients makes right. */
async function exposed(applicant: Applicant, call: CallContext): Promise<string | null> {
  if (!sharesItsClients(applicant)) return null
  return (await applicant.driver.exposes?.(call)) ?? null
}
