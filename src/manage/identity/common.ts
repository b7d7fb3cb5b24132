/** What the verbs below `identity` share: their options, the check of what is written, and how things are shown. */
import type { TSchema } from 'typebox'
import Type from 'typebox'
import type { IdentityFace } from '../../auth/identity-face.ts'
import { invalid } from '../../model/errors.ts'
import { problemWith } from '../../wire/validate.ts'
import { columns } from '../columns.ts'
import { withAuth } from '../database.ts'
import { newPassword } from '../password.ts'
import { Problem, Usage, type Answer, type Call, type Given, type Verb } from '../verb.ts'

type Option = NonNullable<Verb['options']>[number]

export const domainOption: Option = {
  name: 'domain',
  value: 'D',
  help: 'name or id of its domain (default: Default)',
}
export const descriptionOption: Option = { name: 'description', value: 'TEXT', help: 'what it is for' }
export const nameOption: Option = { name: 'name', value: 'NEW', help: 'its new name' }
export const ableOptions: readonly Option[] = [
  { name: 'enable', help: 'enable it' },
  { name: 'disable', help: 'disable it: its tokens end' },
]
/** Of lists. */
export const listOptions: readonly Option[] = [
  { name: 'domain', value: 'D', help: 'only of this domain, by name or id' },
  { name: 'name', value: 'NAME', help: 'only what is called so' },
  { name: 'limit', value: 'N', help: 'at most so many (default: 1000, at most 10000)' },
]

/** Runs `work` on the accounts of the configuration, whose database must be up to date. */
export const onAccounts = <T>(call: Call, work: (auth: IdentityFace) => Promise<T>): Promise<T> =>
  withAuth(call.settings(), 'current', work)

/** Throws what the API would answer to a body with these fields, in the same words. */
export function checkFields(noun: string, fields: Readonly<Record<string, [TSchema, unknown]>>): void {
  const given = Object.entries(fields).filter(([, [, value]]) => value !== undefined)
  const schema = Type.Object(Object.fromEntries(given.map(([name, [one]]) => [name, one])))
  const value = Object.fromEntries(given.map(([name, [, one]]) => [name, one]))
  const problem = problemWith(Type.Object({ [noun]: schema }), { [noun]: value })
  if (problem !== null) throw invalid(problem)
}

/** What `--enable` and `--disable` say; undefined when neither is there. */
export function enabledOf({ enable, disable }: Given): boolean | undefined {
  if (enable === true && disable === true) throw new Usage('say --enable or --disable, not both')
  return enable === true ? true : disable === true ? false : undefined
}

/** A change without anything to change is a mistake of the one who wrote it. */
export function needChange(verb: string, change: object): void {
  if (Object.values(change).every((value) => value === undefined)) {
    throw new Usage(`${verb}: say what to change; manila-manage ${verb} --help shows what can be`)
  }
}

/** `key: value` where there is a value. */
export const given = <K extends string, V>(key: K, value: V | undefined): Partial<Record<K, V>> =>
  value === undefined ? {} : ({ [key]: value } as Partial<Record<K, V>>)

export function limitOf({ limit = '1000' }: Given): number {
  if (!/^[1-9]\d{0,4}$/.test(limit) || Number(limit) > 10_000) throw new Usage('--limit is 1 to 10000')
  return Number(limit)
}

/** A table of at most `limit` rows; whoever has more is told so. */
export function listed(
  rows: readonly Readonly<Record<string, unknown>>[],
  fields: readonly string[],
  limit: number,
): Answer {
  const within = rows.slice(0, limit)
  const more = rows.length > limit ? `only the first ${limit}: say --limit, or narrow the list\n` : ''
  const titles = fields.map((name) => name.toUpperCase())
  return {
    code: 0,
    data: within,
    text: `${columns(
      titles,
      within.map((row) => fields.map((name) => cell(row[name]))),
    )}${more}`,
  }
}

/** One thing, a line for each field. */
export function shownOne(view: Readonly<Record<string, unknown>>): Answer {
  const rows = Object.entries(view).map(([name, value]) => [name, cell(value)])
  return { code: 0, data: view, text: columns(['FIELD', 'VALUE'], rows) }
}

/** A sentence, and the same for programs. */
export const said = (text: string, data: object): Answer => ({ code: 0, data, text: `${text}\n` })

const cell = (value: unknown): string =>
  value === null || value === undefined ? '' : typeof value === 'string' ? value : JSON.stringify(value)

/** From a file, standard input or a terminal; undefined where none is asked for: an account then has none, or keeps what it has. */
export async function chosenPassword(call: Call): Promise<string | undefined> {
  const { options, world } = call
  if (options['password-prompt'] !== true) {
    return options['password-file'] === undefined ? undefined : (await newPassword(call)).password
  }
  if (options['password-file'] !== undefined) {
    throw new Usage('say --password-file or --password-prompt, not both')
  }
  const first = await world.prompt('New password: ')
  if (first === '') throw new Problem('the password is empty')
  if ((await world.prompt('Once more: ')) !== first) throw new Problem('the two passwords are not the same')
  return first
}
