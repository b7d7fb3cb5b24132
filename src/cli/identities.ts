/** Projects and users by name or id. They are Keystone's: it is asked, as far as the caller may ask it. */
import { ApiError } from '../sdk/api-error.ts'
import type { Client } from '../sdk/client.ts'
import { CommandFailure } from './exit-codes.ts'
import { onlyOne, type Named } from './resolve.ts'
import type { Session } from './session.ts'

export interface IdentityOptions {
  /** What is found or taken away may be left of a project that is deleted: its id is taken with a note. */
  readonly mayBeGone?: boolean
}

/** The id. Throws a {@link CommandFailure} when Keystone knows none of this id or name, or several. */
export const projectIdOf = (
  client: Client,
  session: Session,
  nameOrId: string,
  options: IdentityOptions = {},
): Promise<string> =>
  idOf(client, session, { noun: 'project', own: client.tokens.session?.projectId ?? null }, nameOrId, options)

/** As {@link projectIdOf}, of a user. */
export const userIdOf = (
  client: Client,
  session: Session,
  nameOrId: string,
  options: IdentityOptions = {},
): Promise<string> =>
  idOf(client, session, { noun: 'user', own: client.tokens.session?.userId ?? null }, nameOrId, options)

interface Noun {
  readonly noun: 'project' | 'user'
  /** The caller's, which needs no asking. */
  readonly own: string | null
}

/** Keystone's own, those of its drivers for other directories, and dashed ones. */
const looksLikeId = /^[0-9a-f-]{32,64}$/i

async function idOf(
  client: Client,
  session: Session,
  { noun, own }: Noun,
  nameOrId: string,
  { mayBeGone = false }: IdentityOptions,
): Promise<string> {
  if (nameOrId === '') throw new CommandFailure(`The ${noun}'s name or id must not be empty.`)
  if (nameOrId === own) return nameOrId
  const quoted = encodeURIComponent(nameOrId)
  const byId = await asked(client, `/${noun}s/${quoted}`)
  const known = (byId.body as Record<string, Named | undefined> | null)?.[noun]
  if (typeof known?.id === 'string') return known.id
  const byName = await asked(client, `/${noun}s?name=${quoted}`)
  const named = (byName.body as Record<string, readonly Named[] | undefined> | null)?.[`${noun}s`] ?? []
  const found = named.filter(({ name }) => name === nameOrId)
  if (found.length > 0) return onlyOne(noun, nameOrId, found).id
  const why = byId.refusal ?? byName.refusal
  if (why !== null) {
    // Who may ask for nobody else may ask for himself.
    if (own !== null && (await nameOf(client, noun, own)) === nameOrId) return own
    session.note(`Taken as an id, since it can't be looked up whether there is such a ${noun}: ${why}`)
    return nameOrId
  }
  if (mayBeGone && looksLikeId.test(nameOrId)) {
    session.note(`There is no ${noun} with id ${nameOrId} any more; what is left of it is looked for.`)
    return nameOrId
  }
  return onlyOne(noun, nameOrId, []).id
}

async function nameOf(client: Client, noun: Noun['noun'], id: string): Promise<string | null> {
  const { body } = await asked(client, `/${noun}s/${encodeURIComponent(id)}`)
  return (body as Record<string, Named | undefined> | null)?.[noun]?.name ?? null
}

interface Answered {
  readonly body: unknown
  /** Why the caller was not told; null when he was. */
  readonly refusal: string | null
}

async function asked(client: Client, path: string): Promise<Answered> {
  try {
    const answer = await client.atIdentity(path)
    if (answer === null)
      return { body: null, refusal: 'no auth URL is known, only a token and the address of the service.' }
    return { body: answer.body, refusal: null }
  } catch (error) {
    if (!(error instanceof ApiError)) throw error
    if (error.status === 404 || error.status === 400) return { body: null, refusal: null }
    if (error.status === 403) return { body: null, refusal: error.message }
    throw error
  }
}
