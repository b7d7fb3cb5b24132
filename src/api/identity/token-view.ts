/** A token as Keystone shows it. */
import type { AccessRule } from '../../auth/access-rules.ts'
import type { ValidToken } from '../../auth/validator.ts'
import type { DomainRow } from '../../db/store/identity.ts'
import { isoMicros } from '../../runtime/clock.ts'
import { passwordExpiry } from './views.ts'

/** `2026-08-01T10:00:00.000000Z`. */
export const keystoneTime = (micros: number): string => `${isoMicros(micros)}Z`

const domainView = ({ id, name }: DomainRow): object => ({ id, name })

/** `catalog`: absent = none is shown, as of an unscoped token. */
export function tokenView({ claims, standing }: ValidToken, catalog?: readonly object[]): object {
  const { user, userDomain, project, domain, roles, applicationCredential } = standing
  const { scope } = claims
  return {
    token: {
      methods: claims.methods,
      user: {
        id: user.id,
        name: user.name,
        domain: domainView(userDomain),
        password_expires_at: passwordExpiry(user),
      },
      audit_ids: claims.auditIds,
      issued_at: keystoneTime(claims.issuedAt),
      expires_at: keystoneTime(claims.expiresAt),
      ...(project !== null && domain !== null
        ? { project: { id: project.id, name: project.name, domain: domainView(domain) }, is_domain: false }
        : {}),
      ...(scope.type === 'domain' && domain !== null ? { domain: domainView(domain) } : {}),
      ...(scope.type === 'system' ? { system: { all: true } } : {}),
      ...(scope.type === 'unscoped' ? {} : { roles }),
      ...(applicationCredential === null
        ? {}
        : {
            application_credential: {
              id: applicationCredential.id,
              name: applicationCredential.name,
              restricted: applicationCredential.unrestricted === 0,
              ...(standing.accessRules === null ? {} : { access_rules: standing.accessRules.map(ruleView) }),
            },
          }),
      ...(catalog === undefined || scope.type === 'unscoped' ? {} : { catalog }),
    },
  }
}

export const ruleView = ({ id, path, method, service }: AccessRule): object => ({ id, path, method, service })
