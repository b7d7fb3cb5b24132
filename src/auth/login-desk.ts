/**
 * Where people log in who come with a browser, whoever the identity service is: {@link faceDesk} asks the Auth Manager itself,
 * `keystone-desk.ts` a Keystone. Whoever is at the desk learns what was granted, never how.
 */
import { fault, Fault } from '../model/errors.ts'
import type { Identity } from '../model/identity.ts'
import type { IdentityFace } from './identity-face.ts'
import type { ValidToken } from './validator.ts'

export interface Named {
  readonly id: string
  readonly name: string
}

export interface NamedInDomain extends Named {
  readonly domain: Named
}

/** A token, and whose it is and where. */
export interface Granted {
  readonly token: string
  readonly identity: Identity
  readonly user: NamedInDomain
  /** Null = it is good for no project. */
  readonly project: NamedInDomain | null
  /** Microseconds since the epoch. */
  readonly expiresAt: number
}

/** A project that one could be in. */
export interface Place extends Named {
  readonly domainId: string
}

export type ProjectRef =
  | { readonly id: string }
  | { readonly name: string; readonly domain: { readonly id: string } | { readonly name: string } }

/** Every method throws `Unavailable` when it can't be known now; that is never said of a password. */
export interface LoginDesk {
  /** A token that is good for no project yet. Throws `Unauthorized`, `PasswordExpired` or, when locked out, `TooManyRequests`. */
  byPassword(login: {
    readonly name: string
    /** By name. */
    readonly domain: string
    readonly password: string
    /** The client's IP address. */
    readonly address: string
  }): Promise<Granted>
  /** Of an application credential; good for its project. Throws as {@link byPassword}. */
  bySecret(login: {
    readonly id: string
    readonly secret: string
    readonly address: string
  }): Promise<Granted>
  /** The same person's in a project. Throws `Refused` for one in which that person has no role, `Unauthorized` for a token that is over. */
  enter(token: string, project: ProjectRef): Promise<Granted>
  /** Where the holder could go, by name; at most a thousand. */
  projectsOf(token: string): Promise<readonly Place[]>
  /** What a token is worth now; null when nothing. */
  look(token: string): Promise<Granted | null>
  /** Ends it. Twice is once. */
  revoke(token: string): Promise<void>
}

/** One answer for a project that is not there and for one that is not the caller's. */
export const noRoleThere = (): Error =>
  fault('Refused', { message: 'You have no role in that project, or there is none of that name.' })

const maxPlaces = 1000

/** Logins at the Auth Manager. */
export function faceDesk(face: IdentityFace): LoginDesk {
  return {
    byPassword: async ({ name, domain, password, address }) => {
      const user = { name, domain: { name: domain } }
      return grantedOf(await face.loginWithPassword({ user, password, address, scope: 'unscoped' }))
    },
    bySecret: async ({ id, secret, address }) =>
      grantedOf(await face.loginWithApplicationCredential({ ref: { id }, secret, address })),
    async enter(token, project) {
      try {
        return grantedOf(await face.exchange(token, { project }))
      } catch (error) {
        if (!(error instanceof Fault) || error.code !== 'Unauthorized') throw error
        const isGood = (await face.validate(token, { fresh: true })) !== null
        throw isGood ? noRoleThere() : error
      }
    },
    async projectsOf(token) {
      const valid = await face.validate(token)
      if (valid === null) return []
      const { user, project, applicationCredential } = valid.standing
      // A credential stands for its own project, whatever its owner may do elsewhere.
      const ids =
        applicationCredential !== null && project !== null
          ? [project.id]
          : await face.roles.placesOf(user.id, 'project')
      const rows = await face.directory.listProjects({ ids, enabled: 1, limit: maxPlaces })
      return rows.map((row) => ({ id: row.id, name: row.name, domainId: row.domain_id }))
    },
    async look(token) {
      const valid = await face.validate(token)
      return valid === null ? null : grantedOf({ ...valid, token })
    },
    async revoke(token) {
      const valid = await face.validate(token)
      if (valid !== null) await face.revoke(valid)
    },
  }
}

function grantedOf({ token, claims, standing }: ValidToken & { readonly token: string }): Granted {
  const { user, userDomain, project, domain, identity } = standing
  return {
    token,
    identity,
    user: { id: user.id, name: user.name, domain: { id: userDomain.id, name: userDomain.name } },
    project:
      project === null || domain === null
        ? null
        : { id: project.id, name: project.name, domain: { id: domain.id, name: domain.name } },
    expiresAt: claims.expiresAt,
  }
}
