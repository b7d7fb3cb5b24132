/** Finds what a person named: by id first, then by name, as OpenStack's tools do. */
import { ApiError } from '../sdk/api-error.ts'
import { CommandFailure } from './exit-codes.ts'

export interface Named {
  readonly id: string
  readonly name?: string | null
}

/** More ids than this are not listed. */
const maxListed = 10

/**
 * The one thing with this id or name. `byId` throws 404 for none; `byName` gives at least all that have the name. Throws a
 * {@link CommandFailure} when nothing or several things match; those are listed.
 */
export async function resolve<One extends Named>(
  noun: string,
  nameOrId: string,
  byId: (id: string) => Promise<One>,
  byName: (name: string) => Promise<readonly Named[]>,
): Promise<One> {
  if (nameOrId === '') throw new CommandFailure(`The ${noun}'s name or id must not be empty.`)
  try {
    return await byId(nameOrId)
  } catch (error) {
    // Manila answers 404 for what is no id; some of its lists answer 400 for a name that can't be one.
    if (!(error instanceof ApiError) || (error.status !== 404 && error.status !== 400)) throw error
  }
  const found = (await byName(nameOrId)).filter(({ name }) => name === nameOrId)
  return byId(onlyOne(noun, nameOrId, found).id)
}

/** The one of those that have the name. Throws a {@link CommandFailure} when there is none, or several, with their ids. */
export function onlyOne(noun: string, nameOrId: string, found: readonly Named[]): Named {
  const [only, second] = found
  if (only === undefined) throw new CommandFailure(`There is no ${noun} with id or name ${quoted(nameOrId)}.`)
  if (second !== undefined) {
    const ids = found.slice(0, maxListed).map(({ id }) => `  ${id}`)
    const more = found.length > maxListed ? [`  and ${found.length - maxListed} more`] : []
    throw new CommandFailure(`${found.length} ${noun}s are called ${quoted(nameOrId)}; name one by its id:`, [
      ...ids,
      ...more,
    ])
  }
  return only
}

const quoted = (text: string): string => JSON.stringify(text)

/**
 * Does something to each of several things; goes on after failures. Throws at the end when any failed, with every
 * failure's sentence.
 */
export async function forEach(
  names: readonly string[],
  what: string,
  act: (name: string) => Promise<unknown>,
): Promise<void> {
  const failures: { name: string; error: unknown }[] = []
  for (const name of names) {
    try {
      await act(name)
    } catch (error) {
      if (names.length === 1) throw error
      if (!(error instanceof ApiError) && !(error instanceof CommandFailure)) throw error
      if (error instanceof ApiError && error.status === 0) throw error
      failures.push({ name, error })
    }
  }
  if (failures.length === 0) return
  throw new CommandFailure(
    `${failures.length} of ${names.length} could not be ${what}:`,
    failures.map(({ name, error }) => `  ${name}: ${sentenceOf(error)}`),
  )
}

function sentenceOf(error: unknown): string {
  const id = error instanceof ApiError && error.requestId !== null ? ` (request id ${error.requestId})` : ''
  const details =
    error instanceof CommandFailure ? error.details.map((line) => ` ${line.trim()}`).join('') : ''
  return `${error instanceof Error ? error.message : String(error)}${details}${id}`
}
