/** What share groups and their snapshots are changed by: the same verbs with the same options. */
import type { Client } from '../../sdk/client.ts'
import { statusOrGone } from '../../sdk/watch.ts'
import { arg, args as many, command, flag, text, type Command } from '../command.ts'
import { forEach } from '../resolve.ts'
import type { Session } from '../session.ts'
import { UsageError } from '../usage-error.ts'
import { waitUntilDone } from '../wait.ts'

/** Name and description as they are sent; null clears, what is absent stays. */
export interface Words {
  readonly name?: string | null
  readonly description?: string | null
}

/** A noun that is called, described, written a status of and deleted. */
export interface GroupNoun {
  /** `group snapshot`: what its commands begin with. */
  readonly words: string
  /** `share group snapshot`: what people call it. */
  readonly noun: string
  /** Said in the help of `delete`, behind the verb. */
  readonly deletes: string
  readonly find: (client: Client, nameOrId: string) => Promise<{ readonly id: string }>
  readonly status: (client: Client, id: string) => Promise<string>
  readonly rename: (client: Client, id: string, words: Words) => Promise<unknown>
  readonly reset: (client: Client, id: string, status: string) => Promise<unknown>
  readonly remove: (client: Client, id: string, force: boolean) => Promise<unknown>
}

/** `set`, `unset` and `delete` of it. */
export function changingCommands(kind: GroupNoun): Command[] {
  const { words, noun, find } = kind
  const one = { [argumentOf(kind)]: arg(`Name or id of the ${noun}.`) } as const
  const nameOrId = (args: Readonly<Record<string, string>>): string => args[argumentOf(kind)] ?? ''

  const set = command({
    words: `${words} set`,
    summary: `Change name or description of a ${noun}.`,
    gives: 'nothing',
    args: one,
    options: {
      name: text('name', 'New name.'),
      description: text('text', 'New description.'),
      status: text('status', 'Write a status by hand (administrators).'),
    },
    async run({ args, options: { name, description, status }, connect }) {
      const renamed = name !== undefined || description !== undefined
      if (!renamed && status === undefined) throw new UsageError('Nothing to set: give at least one option.')
      const client = await connect()
      const { id } = await find(client, nameOrId(args))
      if (renamed) await kind.rename(client, id, { name, description })
      if (status !== undefined) await kind.reset(client, id, status)
    },
  })

  const unset = command({
    words: `${words} unset`,
    summary: `Clear name or description of a ${noun}.`,
    gives: 'nothing',
    args: one,
    options: { name: flag('Clear the name.'), description: flag('Clear the description.') },
    async run({ args, options: { name, description }, connect }) {
      if (!name && !description) throw new UsageError('Nothing to unset: give at least one option.')
      const client = await connect()
      const { id } = await find(client, nameOrId(args))
      await kind.rename(client, id, {
        ...(name ? { name: null } : {}),
        ...(description ? { description: null } : {}),
      })
    },
  })

  const remove = command({
    words: `${words} delete`,
    summary: `Delete ${noun}s${kind.deletes}.`,
    gives: 'nothing',
    args: { [argumentOf(kind)]: many(`Names or ids of the ${noun}s.`) } as const,
    options: {
      force: flag('Delete whatever the status (administrators).'),
      wait: flag('Wait until they are gone.'),
    },
    async run({ args, options, session, connect }) {
      const client = await connect()
      await forEach(args[argumentOf(kind)] ?? [], 'deleted', async (name) => {
        const { id } = await find(client, name)
        await kind.remove(client, id, options.force)
        if (options.wait) await waitForGroup(kind, client, session, id, `delete ${words} ${name}`, null)
      })
    },
  })

  return [set, unset, remove]
}

const argumentOf = ({ words }: GroupNoun): string => words.replaceAll(' ', '-')

/** Until it is `available`, or gone when `until` is null. */
export async function waitForGroup(
  { status }: GroupNoun,
  client: Client,
  session: Session,
  id: string,
  what: string,
  until: 'available' | null = 'available',
): Promise<void> {
  await waitUntilDone(client, session, {
    resourceId: id,
    what,
    status: () => statusOrGone(() => status(client, id)),
    until: [until],
  })
}
