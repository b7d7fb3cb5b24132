/** `permission list`: what the caller may do with things, and why not. Only servers of this project can tell. */
import { permittedResources } from '../../model/permissions.ts'
import type { Client } from '../../sdk/client.ts'
import type { ReplyOf } from '../../wire/endpoint.ts'
import { listPermissions } from '../../wire/permissions/schema.ts'
import { args as many, choiceArg, command, flag } from '../command.ts'
import { CommandFailure } from '../exit-codes.ts'
import { findShare, findShareType, findSnapshot } from '../lookup.ts'
import { listOf } from '../output/output.ts'

type Told = ReplyOf<typeof listPermissions>['permissions'][number]

/** Kinds that have names; of the others ids are given. */
const finders: Readonly<
  Record<string, (client: Client, nameOrId: string) => Promise<{ readonly id: string }>>
> = {
  share: findShare,
  snapshot: findSnapshot,
  share_type: findShareType,
}

const list = command({
  words: 'permission list',
  summary: 'Show what you may do with things, and why not.',
  gives: 'list',
  args: {
    resource: choiceArg(permittedResources, 'What kind of things.'),
    thing: many('Ids; names where the kind has names.'),
  },
  options: { refused: flag('Show only what would be refused.') },
  async run({ args, options, connect }) {
    const client = await connect()
    if (!(await client.has('permissions'))) {
      throw new CommandFailure('This server does not tell what you may do: ask for it and see.')
    }
    const find = finders[args.resource] ?? ((_client: Client, id: string) => Promise.resolve({ id }))
    const ids: string[] = []
    for (const thing of args.thing) ids.push((await find(client, thing)).id)
    const query = { resource: args.resource as never, id: ids.join(',') }
    const { permissions } = await client.call(listPermissions, { query })
    const missing = ids.filter((id) => !permissions.some((one) => one.id === id))
    if (missing.length > 0) throw new CommandFailure(`There is no ${args.resource} ${missing.join(', ')}.`)
    const rows = permissions.flatMap(({ id, actions }: Told) => actions.map((one) => ({ id, ...one })))
    type Row = (typeof rows)[number]
    return listOf(options.refused ? rows.filter(({ allowed }) => !allowed) : rows, {
      ID: (row: Row) => row.id,
      Action: (row: Row) => row.action,
      Allowed: (row: Row) => row.allowed,
      Code: (row: Row) => row.code ?? '',
      Reason: (row: Row) => row.reason ?? '',
    })
  },
})

export const permissionCommands = [list]
