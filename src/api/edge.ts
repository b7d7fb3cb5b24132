/** What the edge holds for as long as the server lives: what it was given, and what keeps one project from using it up. */
import type { FastifyBaseLogger } from 'fastify'
import type { AppParts } from '../app/context.ts'
import type { CertificateAccounts } from '../auth/certificate-accounts.ts'
import type { SessionTokenSource } from '../auth/sessions.ts'
import type { TokenVerifier } from '../auth/verifier.ts'
import type { Rate } from '../runtime/rate.ts'
import type { Audit } from './audited.ts'
import type { EventTail } from './events/tail.ts'
import type { Gate, Places } from './gate.ts'
import type { RequestRates } from './request-rates.ts'
import type { Route } from './route.ts'

export interface ServerParts extends AppParts {
  readonly auth: TokenVerifier
  /** Where client certificates stand for accounts. */
  readonly certificates?: CertificateAccounts
  /** Of browsers that are logged in to the dashboard; absent = cookies mean nothing. */
  readonly sessions?: SessionTokenSource
  /** Where it is written down who did what; absent = nowhere. */
  readonly audit?: Audit
  readonly routes: readonly Route[]
  readonly log: FastifyBaseLogger
  /** Called once per request, for metrics. */
  readonly observe?: (event: { method: string; route: string; status: number; seconds: number }) => void
}

/** The parts, and what keeps one project from using them up. */
export interface Edge extends ServerParts {
  readonly gate: Gate
  /** For those that wait for other services. */
  readonly patient: Gate
  readonly streams: Places
  readonly tail: EventTail
  readonly followers: Places
  /** True once the server closes. */
  closing: boolean
  /** Changes of each project in a minute. */
  readonly changes: Rate
  readonly rates: RequestRates
}
