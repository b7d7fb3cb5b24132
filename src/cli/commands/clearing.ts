/** `unset` of what has a name, a description and properties: shares and snapshots. */
import type { Client } from '../../sdk/client.ts'
import type { MetadataEndpoints } from '../../wire/metadata/schema.ts'
import { arg, command, flag, texts, type Command } from '../command.ts'
import { UsageError } from '../usage-error.ts'

/** What is cleared; a key that is absent stays. */
export interface Cleared {
  readonly display_name?: null
  readonly display_description?: null
}

export interface Clearable {
  readonly noun: 'share' | 'snapshot'
  readonly find: (client: Client, nameOrId: string) => Promise<{ readonly id: string }>
  readonly clear: (client: Client, id: string, what: Cleared) => Promise<unknown>
  readonly properties: MetadataEndpoints
}

export const clearingCommand = ({ noun, find, clear, properties }: Clearable): Command =>
  command({
    words: `${noun} unset`,
    summary: `Clear name, description or properties of a ${noun}.`,
    gives: 'nothing',
    args: { [noun]: arg(`Name or id of the ${noun}.`) } as const,
    options: {
      name: flag('Clear the name.'),
      description: flag('Clear the description.'),
      property: texts('key', 'Property to remove.'),
    },
    async run({ args, options: { name, description, property }, connect }) {
      if (!name && !description && property.length === 0) {
        throw new UsageError('Nothing to unset: give at least one option.')
      }
      const client = await connect()
      const { id } = await find(client, args[noun] ?? '')
      if (name || description) {
        await clear(client, id, {
          ...(name ? { display_name: null } : {}),
          ...(description ? { display_description: null } : {}),
        })
      }
      for (const key of property) await client.call(properties.remove, { params: { id, key } })
    },
  })
