/** What an import would do or has done: counts, every line of it in the order of the source, and who has no password. */
import { columns } from '../columns.ts'

export const kinds = [
  'domain',
  'role',
  'implied role',
  'project',
  'user',
  'group',
  'membership',
  'assignment',
] as const
export type Kind = (typeof kinds)[number]

/**
 * `same`: is there as it should be. `conflict`: something else is in its place, which only people can decide. `left`: can't be
 * brought here, and is nobody's mistake.
 */
export const actions = ['create', 'change', 'same', 'conflict', 'left'] as const
export type Action = (typeof actions)[number]

export interface Item {
  readonly action: Exclude<Action, 'same'>
  readonly kind: Kind
  /** `alice@corp` */
  readonly what: string
  readonly id?: string
  /** Why it is left or a conflict; what changes. */
  readonly why?: string
}

export class Report {
  readonly items: Item[] = []
  readonly #counts = new Map<string, number>()
  /** `alice@corp`: enabled accounts of the database without a password. */
  readonly mustReset: string[] = []
  /** Whose hash came along. */
  readonly hashes: string[] = []
  /** Whose passwords are checked by a directory. */
  inDirectory = 0
  readonly notes: { readonly what: string; readonly why: string }[] = []

  add(item: Item): void {
    this.items.push(item)
    this.#count(item.kind, item.action)
  }

  same(kind: Kind, howMany = 1): void {
    this.#count(kind, 'same', howMany)
  }

  count(kind: Kind, action: Action): number {
    return this.#counts.get(`${kind} ${action}`) ?? 0
  }

  get conflicts(): number {
    return kinds.reduce((sum, kind) => sum + this.count(kind, 'conflict'), 0)
  }

  /** Whether there is anything to do, or was. */
  get isEmpty(): boolean {
    return kinds.every((kind) => this.count(kind, 'create') + this.count(kind, 'change') === 0)
  }

  #count(kind: Kind, action: Action, howMany = 1): void {
    const key = `${kind} ${action}`
    this.#counts.set(key, (this.#counts.get(key) ?? 0) + howMany)
  }

  toJson(source: string, applied: boolean): object {
    return {
      source,
      applied,
      counts: Object.fromEntries(
        kinds.map((kind) => [
          kind,
          Object.fromEntries(actions.map((action) => [action, this.count(kind, action)])),
        ]),
      ),
      items: this.items,
      notes: this.notes,
      must_reset: this.mustReset,
      hashes_kept: this.hashes,
      in_directory: this.inDirectory,
    }
  }

  toText(source: string, applied: boolean): string {
    const lines = this.items.map(
      ({ action, kind, what, id, why }) =>
        `${action} ${kind} ${what}${id === undefined ? '' : ` (${id})`}${why === undefined ? '' : `: ${why}`}`,
    )
    const notes = this.notes.map(({ what, why }) => `not brought: ${what}: ${why}`)
    const table = columns(
      ['', ...actions.map((action) => action.toUpperCase())],
      kinds.map((kind) => [kind, ...actions.map((action) => this.count(kind, action))]),
    )
    const passwords = [
      ...this.mustReset.map((who) => `has no password and must get one: ${who}`),
      ...this.hashes.map((who) => `keeps its password (argon2id): ${who}`),
      ...(this.inDirectory === 0 ? [] : [`log in through their directory: ${this.inDirectory} users`]),
    ]
    const end = applied
      ? `${source}: done; nothing was deleted. Running it again changes nothing.`
      : this.isEmpty
        ? `${source}: there is nothing to do`
        : `${source}: nothing was changed; say --apply`
    return `${[...lines, ...notes].map(onOneLine).join('')}${table}${[...passwords, end].map(onOneLine).join('')}`
  }
}

/** Control characters are shown, not obeyed. */
const onOneLine = (text: string): string =>
  `${text.replaceAll(/\p{Cc}/gu, (one) => `\\x${(one.codePointAt(0) ?? 0).toString(16).padStart(2, '0')}`)}\n`
