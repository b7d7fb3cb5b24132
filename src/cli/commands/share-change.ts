/** `share set`, `unset`, `resize`, `revert`: shares that change. */
import {
  extendShare,
  resetShareStatus,
  resetTaskState,
  revertShare,
  shrinkShare,
  updateShare,
} from '../../wire/shares/schema.ts'
import { shareMetadata } from '../../wire/shares/metadata.ts'
import { arg, command, flag, pairs, text, wholeArg, yesNo } from '../command.ts'
import { findShare, findSnapshot } from '../lookup.ts'
import { clearingCommand } from './clearing.ts'
import { waitForShare } from './share-parts.ts'
import { UsageError } from '../usage-error.ts'

const shareArg = arg('Name or id of the share.')

export const shareSet = command({
  words: 'share set',
  summary: 'Change name, description, visibility or properties of a share.',
  gives: 'nothing',
  args: { share: shareArg },
  options: {
    name: text('name', 'New name.'),
    description: text('text', 'New description.'),
    public: yesNo('Whether every project sees it.'),
    property: pairs('Property to add or replace.'),
    status: text('status', 'Write a status by hand (administrators).'),
    'task-state': text('state', 'Write a task state by hand; none clears it (administrators).'),
  },
  async run({ args, options, connect }) {
    const { name, description, public: isPublic, property, status, 'task-state': taskState } = options
    const changes = { display_name: name, display_description: description, is_public: isPublic }
    const changed = Object.values(changes).some((value) => value !== undefined)
    if (!changed && property === undefined && status === undefined && taskState === undefined) {
      throw new UsageError('Nothing to set: give at least one option.')
    }
    const client = await connect()
    const { id } = await findShare(client, args.share)
    const params = { id }
    if (changed) await client.call(updateShare, { params, body: { share: changes } })
    if (property !== undefined) {
      await client.call(shareMetadata.merge, { params, body: { metadata: property } })
    }
    if (status !== undefined) await client.act(resetShareStatus, { params, body: { status } })
    if (taskState !== undefined) {
      const state = taskState.toLowerCase() === 'none' ? null : taskState
      await client.call(resetTaskState, { params, body: { task_state: state } })
    }
  },
})

export const shareUnset = clearingCommand({
  noun: 'share',
  find: findShare,
  clear: (client, id, share) => client.call(updateShare, { params: { id }, body: { share } }),
  properties: shareMetadata,
})

export const shareResize = command({
  words: 'share resize',
  summary: 'Make a share larger or smaller; never below what it holds.',
  gives: 'nothing',
  args: { share: shareArg, 'new-size': wholeArg('New size in GiB.') },
  options: {
    wait: flag('Wait until it has the new size.'),
    force: flag('Grow without asking the scheduler (administrators).'),
  },
  async run({ args, options, session, connect }) {
    const client = await connect()
    const share = await findShare(client, args.share)
    const size = args['new-size']
    if (size === share.size) throw new UsageError(`The share has ${size} GiB already.`)
    const params = { id: share.id }
    if (size > share.size) {
      const force = options.force ? { force: true } : {}
      await client.act(extendShare, { params, body: { new_size: size, ...force } })
    } else {
      await client.act(shrinkShare, { params, body: { new_size: size } })
    }
    if (options.wait) await waitForShare(client, session, share.id, `resize share ${args.share}`)
  },
})

export const shareRevert = command({
  words: 'share revert',
  summary: 'Give a share the content of its newest snapshot; what came later is lost.',
  gives: 'nothing',
  args: { snapshot: arg('Name or id of the snapshot.') },
  options: { wait: flag('Wait until it is done.') },
  async run({ args, options, session, connect }) {
    const client = await connect()
    const { id: snapshotId, share_id: id } = await findSnapshot(client, args.snapshot)
    await client.act(revertShare, { params: { id }, body: { snapshot_id: snapshotId } })
    if (options.wait) await waitForShare(client, session, id, `revert share ${id}`)
  },
})
