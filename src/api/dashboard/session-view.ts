/** A session as its page sees it. Of the token nothing is in it. */
import type { NamedInDomain } from '../../auth/login-desk.ts'
import type { SessionView } from '../../auth/sessions.ts'
import { isoMicros } from '../../runtime/clock.ts'

const named = ({ id, name, domain }: NamedInDomain): object => ({
  id,
  name,
  domain: { id: domain.id, name: domain.name },
})

export const sessionView = (session: SessionView, isAdmin: boolean): object => ({
  session: {
    user: named(session.user),
    project: session.project === null ? null : named(session.project),
    roles: session.identity.roles,
    expires_at: `${isoMicros(session.expiresAt)}Z`,
    projects: session.projects.map(({ id, name, domainId }) => ({ id, name, domain_id: domainId })),
    is_admin: isAdmin,
  },
})
