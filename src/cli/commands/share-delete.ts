/** `share show`, `delete`, `abandon`, `restore`. */
import {
  deleteShare,
  forceDeleteShare,
  restoreShare,
  softDeleteShare,
  unmanageShare,
  unmanageShareLegacy,
} from '../../wire/shares/schema.ts'
import { arg, args as many, command, flag, text } from '../command.ts'
import { findDeletedShare, findShare, findShareGroup, idOf } from '../lookup.ts'
import { forEach } from '../resolve.ts'
import { shareFields, waitForShare } from './share-parts.ts'
import { UsageError } from '../usage-error.ts'

const sharesArg = many('Names or ids of the shares.')

export const shareShow = command({
  words: 'share show',
  summary: 'Show a share and where it is exported.',
  gives: 'show',
  args: { share: arg('Name or id of the share.') },
  async run({ args, connect }) {
    const client = await connect()
    const share = await findShare(client, args.share)
    return shareFields(client, share.id, share)
  },
})

export const shareDelete = command({
  words: 'share delete',
  summary: 'Delete shares.',
  gives: 'nothing',
  args: { share: sharesArg },
  options: {
    'share-group': text('share-group', 'Group the share is in: needed to delete a share out of a group.'),
    force: flag('Delete whatever the status (administrators).'),
    soft: flag('Put into the recycle bin.'),
    wait: flag('Wait until they are gone.'),
  },
  async run({ args, options, session, connect }) {
    const { force, soft, wait } = options
    if (force && soft) throw new UsageError('--force and --soft exclude each other.')
    const client = await connect()
    const group = await idOf(client, options['share-group'], findShareGroup)
    await forEach(args.share, 'deleted', async (nameOrId) => {
      const { id } = await findShare(client, nameOrId)
      const params = { id }
      if (soft) return client.act(softDeleteShare, { params, body: null })
      if (force) await client.act(forceDeleteShare, { params, body: null })
      else await client.call(deleteShare, { params, query: { share_group_id: group } })
      // A deferred deletion has given everything back to its owner already.
      if (wait)
        await waitForShare(client, session, id, `delete share ${nameOrId}`, [null, 'deferred_deleting'])
    })
  },
})

export const shareAbandon = command({
  words: 'share abandon',
  summary: 'Let go of shares without touching their data (administrators).',
  gives: 'nothing',
  args: { share: sharesArg },
  options: { wait: flag('Wait until they are gone from here.') },
  async run({ args, options, session, connect }) {
    const client = await connect()
    await forEach(args.share, 'abandoned', async (nameOrId) => {
      const { id } = await findShare(client, nameOrId)
      if (client.minor < 7) await client.call(unmanageShareLegacy, { params: { id } })
      else await client.act(unmanageShare, { params: { id }, body: null })
      if (options.wait) await waitForShare(client, session, id, `abandon share ${nameOrId}`, [null])
    })
  },
})

export const shareRestore = command({
  words: 'share restore',
  summary: 'Take shares out of the recycle bin.',
  gives: 'nothing',
  args: { share: sharesArg },
  async run({ args, connect }) {
    const client = await connect()
    await forEach(args.share, 'restored', async (nameOrId) => {
      const { id } = await findDeletedShare(client, nameOrId)
      return client.act(restoreShare, { params: { id }, body: null })
    })
  },
})
