/**
 * Logins at a real Keystone, for `[auth] backend = "keystone"`: its answers are taken as they are, and guessing is limited here as
 * well, since to Keystone all of it comes from one address. Nothing is guessed: what Keystone did not say is `Unavailable`.
 */
import Type, { type Static } from 'typebox'
import { Value } from 'typebox/value'
import type { HttpAnswer } from '../clients/http.ts'
import type { KeystoneCall } from '../clients/keystone.ts'
import { fault, Fault } from '../model/errors.ts'
import type { Clock } from '../runtime/clock.ts'
import { readToken, unknowable } from './keystone-verifier.ts'
import { noRoleThere, type Granted, type LoginDesk, type NamedInDomain, type Place } from './login-desk.ts'
import { proveElsewhere, type LoginParts } from './login.ts'

export interface KeystoneDeskParts {
  readonly client: { call(call: KeystoneCall): Promise<HttpAnswer> }
  readonly clock: Clock
  readonly limits: Pick<LoginParts, 'guard' | 'gate' | 'inFlight'>
  readonly serviceType: string
}

const PlaceIn = Type.Object({
  id: Type.String(),
  name: Type.Optional(Type.String()),
  domain: Type.Optional(Type.Object({ id: Type.String(), name: Type.Optional(Type.String()) })),
})
/** What is shown of a token beside what it is worth. */
const Shown = Type.Object({ user: PlaceIn, project: Type.Optional(PlaceIn) })
const Projects = Type.Object({
  projects: Type.Array(
    Type.Object({ id: Type.String(), name: Type.String(), domain_id: Type.Optional(Type.String()) }),
  ),
})

const maxPlaces = 1000

export function keystoneDesk({ client, clock, limits, serviceType }: KeystoneDeskParts): LoginDesk {
  const ask = async (call: KeystoneCall): Promise<HttpAnswer> => {
    try {
      return await client.call(call)
    } catch (error) {
      throw error instanceof Fault ? error : unknowable(error)
    }
  }
  const grantedOf = (token: string, answer: HttpAnswer): Granted => {
    const body = (answer.body as { token?: unknown } | undefined)?.token
    const { identity } = readToken(body, clock.now(), serviceType)
    if (!Value.Check(Shown, body))
      throw unknowable(new Error('Keystone answered something else than a token'))
    const { user, project } = body
    return {
      token,
      identity,
      user: namedIn(user),
      project: project === undefined ? null : namedIn(project),
      expiresAt: identity.expiresAt,
    }
  }
  /** Null when Keystone says that it is wrong. */
  const tokenFor = async (identity: object, scope: unknown): Promise<Granted | null> => {
    const answer = await ask({
      method: 'POST',
      path: '/auth/tokens',
      body: { auth: { identity, ...(scope === undefined ? {} : { scope }) } },
    })
    if (answer.status === 401) return refused(answer)
    const token = answer.headers['x-subject-token']
    if (answer.status === 403) throw fault('Refused', { message: 'Keystone does not allow this.' })
    if (answer.status !== 201 || typeof token !== 'string')
      throw unknowable(new Error(`Keystone answered ${answer.status} to a login`))
    return grantedOf(token, answer)
  }
  const prove = async (
    spelling: string,
    address: string,
    identity: object,
    scope: unknown,
  ): Promise<Granted> => {
    let granted: Granted | null = null
    await proveElsewhere(limits, { spelling, address }, async () => {
      granted = await tokenFor(identity, scope)
      return granted !== null
    })
    if (granted === null) throw fault('Unauthorized')
    return granted
  }
  const own = (token: string) => ({ 'x-auth-token': token, 'x-subject-token': token })
  const look = async (token: string): Promise<Granted | null> => {
    const answer = await ask({
      method: 'GET',
      path: '/auth/tokens?nocatalog',
      headers: { ...own(token), 'openstack-identity-access-rules': '1.0' },
    })
    if (answer.status === 401 || answer.status === 404) return null
    if (answer.status !== 200) throw unknowable(new Error(`Keystone answered ${answer.status} about a token`))
    return grantedOf(token, answer)
  }
  return {
    byPassword: ({ name, domain, password, address }) =>
      prove(
        `?${domain}/${name}`,
        address,
        {
          methods: ['password'],
          password: { user: { name, domain: { name: domain }, password } },
        },
        'unscoped',
      ),
    bySecret: ({ id, secret, address }) =>
      prove(
        `credential ${id}`,
        address,
        { methods: ['application_credential'], application_credential: { id, secret } },
        undefined,
      ),
    async enter(token, project) {
      const granted = await tokenFor({ methods: ['token'], token: { id: token } }, { project })
      if (granted !== null) return granted
      // Keystone says the same of a token that is over and of a project that is somebody else's.
      throw (await look(token)) === null ? fault('Unauthorized') : noRoleThere()
    },
    async projectsOf(token) {
      const headers = { 'x-auth-token': token }
      const answer = await ask({ method: 'GET', path: '/auth/projects', headers })
      if (answer.status === 401) return []
      if (answer.status !== 200 || !Value.Check(Projects, answer.body))
        throw unknowable(new Error(`Keystone answered ${answer.status} about projects`))
      return answer.body.projects
        .map((one): Place => ({ id: one.id, name: one.name, domainId: one.domain_id ?? '' }))
        .toSorted((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0))
        .slice(0, maxPlaces)
    },
    look,
    async revoke(token) {
      const answer = await ask({ method: 'DELETE', path: '/auth/tokens', headers: own(token) })
      if (![204, 401, 404].includes(answer.status))
        throw unknowable(new Error(`Keystone answered ${answer.status} to the end of a token`))
    },
  }
}

/** What stands behind a 401 and is not a wrong password. */
function refused({ headers, body }: HttpAnswer): null {
  if (headers['openstack-auth-receipt'] !== undefined) {
    const message = 'This account needs a second factor, which the dashboard can not ask for.'
    throw fault('Refused', { message })
  }
  const message = (body as { error?: { message?: unknown } } | undefined)?.error?.message
  if (typeof message === 'string' && message.startsWith('The password is expired')) {
    throw fault('Refused', { message: 'The password of this account has expired: change it in Keystone.' })
  }
  return null
}

const namedIn = ({ id, name = '', domain }: Static<typeof PlaceIn>): NamedInDomain => ({
  id,
  name,
  domain: { id: domain?.id ?? '', name: domain?.name ?? '' },
})
