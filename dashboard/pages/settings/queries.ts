/** Application credentials of one's own, through the identity API. */
import { queryOptions } from '@tanstack/react-query'
import type { Console } from '../../api/console.ts'
import { listKey } from '../../api/reads.ts'

export interface CallRule {
  readonly service: string
  readonly method: string
  readonly path: string
}
export interface CredentialView {
  readonly id: string
  readonly name: string
  readonly description: string | null
  readonly project_id: string
  readonly roles: readonly { readonly id: string; readonly name: string }[]
  readonly expires_at: string | null
  readonly unrestricted: boolean
  /** Absent = whatever its roles may. */
  readonly access_rules?: readonly CallRule[]
}
export interface MadeCredential {
  readonly id: string
  readonly name: string
  /** Told this once. */
  readonly secret: string
}
export interface NewCredential {
  readonly name: string
  readonly description: string
  /** From now on; null = for ever. */
  readonly days: number | null
  readonly roles: readonly string[]
  readonly rules: readonly CallRule[]
  readonly unrestricted: boolean
}

const pathOf = (userId: string): string => `/users/${encodeURIComponent(userId)}/application_credentials`

export const credentialsQuery = ({ client, deployment }: Console, userId: string) =>
  queryOptions({
    queryKey: listKey('identity', 'credentials', userId),
    enabled: deployment.identity !== null,
    queryFn: async () =>
      (
        (await client.atIdentity(pathOf(userId)))?.body as
          | { readonly application_credentials: readonly CredentialView[] }
          | undefined
      )?.application_credentials ?? [],
  })

/** When a credential that is made `now` (milliseconds since 1970) ends. */
export const endOf = (days: number, now: number): string => new Date(now + days * 86_400_000).toISOString()

/** What is sent: the time in UTC, what was left empty not at all. */
export function credentialBody(
  { name, description, days, roles, rules, unrestricted }: NewCredential,
  now: number,
) {
  return {
    application_credential: {
      name,
      ...(description === '' ? {} : { description }),
      ...(days === null ? {} : { expires_at: endOf(days, now).slice(0, 19) }),
      ...(roles.length === 0 ? {} : { roles: roles.map((role) => ({ name: role })) }),
      ...(rules.length === 0 ? {} : { access_rules: rules }),
      ...(unrestricted ? { unrestricted } : {}),
    },
  }
}

/** Answers id and secret; the secret is told this once. Throws ApiError. */
export async function createCredential(
  { client }: Console,
  userId: string,
  wanted: NewCredential,
): Promise<MadeCredential> {
  const answer = await client.atIdentity(pathOf(userId), {
    method: 'POST',
    body: credentialBody(wanted, Date.now()),
  })
  if (answer === null) throw new Error('There is no identity service to be asked.')
  return (answer.body as { readonly application_credential: MadeCredential }).application_credential
}

export async function deleteCredential({ client }: Console, userId: string, id: string): Promise<void> {
  await client.atIdentity(`${pathOf(userId)}/${encodeURIComponent(id)}`, { method: 'DELETE' })
}
