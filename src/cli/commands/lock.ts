/** `lock …`: keeps shares and access rules from being deleted, or rules from being seen. */
import { createLock, deleteLock, listLocks, showLock, updateLock } from '../../wire/resource-locks/schema.ts'
import { arg, args as many, choiceArg, command, flag, oneOf, text, whole } from '../command.ts'
import { projectIdOf, userIdOf } from '../identities.ts'
import { findShare, listed, presence } from '../lookup.ts'
import { listOf, showOf } from '../output/output.ts'
import { forEach } from '../resolve.ts'
import { fieldsOf } from '../views.ts'
import { UsageError } from '../usage-error.ts'

/** Locks may be left of a project, or a user, that is deleted. */
const left = { mayBeGone: true }

const actions = ['delete', 'show'] as const
const types = ['share', 'access_rule'] as const
// The contract's literals are lost in its types, hence `as never` where they are given.
const lockArg = arg('Id of the lock.')

const create = command({
  words: 'lock create',
  summary: 'Lock a share against deletion, or an access rule against deletion or being seen.',
  gives: 'show',
  args: {
    resource: arg('Name or id of the share, or id of the access rule.'),
    type: choiceArg(types, 'What it is.'),
  },
  options: {
    'resource-action': oneOf(actions, 'action', 'What to forbid; default delete.'),
    'lock-reason': text('text', 'Why.'),
  },
  async run({ args, options, connect }) {
    const client = await connect()
    const id = args.type === 'share' ? (await findShare(client, args.resource)).id : args.resource
    const { resource_lock: lock } = await client.call(createLock, {
      body: {
        resource_lock: {
          resource_id: id,
          resource_type: args.type as never,
          resource_action: (options['resource-action'] ?? 'delete') as never,
          ...(options['lock-reason'] === undefined ? {} : { lock_reason: options['lock-reason'] }),
        },
      },
    })
    return showOf(fieldsOf(lock))
  },
})

const list = command({
  words: 'lock list',
  summary: 'List resource locks.',
  gives: 'list',
  options: {
    'all-projects': flag('Show the locks of every project (administrators).'),
    project: text('project', 'Only locks of this project (administrators).'),
    user: text('user', 'Only locks of this user.'),
    id: text('id', 'Only the lock with this id.'),
    'resource-id': text('id', 'Only locks of this resource.'),
    'resource-type': oneOf(types, 'type', 'Only locks of this kind of resource.'),
    'resource-action': oneOf(actions, 'action', 'Only locks that forbid this.'),
    'lock-context': oneOf(['user', 'admin', 'service'], 'context', 'Only locks made by such a caller.'),
    since: text('time', 'Only locks since then.'),
    before: text('time', 'Only locks before then.'),
    limit: whole('number', 'Show at most this many.'),
    offset: whole('number', 'Leave out this many at the beginning.'),
    'sort-key': text('key', 'Sort on the server by this.'),
    'sort-dir': oneOf(['asc', 'desc'], 'direction', 'Upwards or downwards.'),
    detailed: flag('Show more columns.'),
  },
  async run({ options, session, connect }) {
    const client = await connect()
    const { project, user, id, 'resource-id': resource } = options
    // What is named by its id is found wherever the caller may look: the server ignores this where he may not.
    const all = options['all-projects'] || [project, user, id, resource].some((one) => one !== undefined)
    const query = {
      all_projects: presence(all),
      project_id: project === undefined ? undefined : await projectIdOf(client, session, project, left),
      user_id: user === undefined ? undefined : await userIdOf(client, session, user, left),
      id,
      resource_id: resource,
      resource_type: options['resource-type'],
      resource_action: options['resource-action'],
      lock_context: options['lock-context'],
      created_since: options.since,
      created_before: options.before,
      offset: options.offset,
      sort_key: options['sort-key'],
      sort_dir: options['sort-dir'],
    }
    const locks =
      options.offset === undefined
        ? await listed(client, listLocks, 'resource_locks', query, options.limit)
        : (await client.call(listLocks, { query: { ...query, limit: options.limit } })).resource_locks
    type Lock = (typeof locks)[number]
    const more = {
      'Lock Context': (lock: Lock) => lock.lock_context,
      'User Id': (lock: Lock) => lock.user_id,
      'Project Id': (lock: Lock) => lock.project_id,
      'Lock Reason': (lock: Lock) => lock.lock_reason,
      'Created At': (lock: Lock) => lock.created_at,
      'Updated At': (lock: Lock) => lock.updated_at,
    }
    return listOf(locks, {
      ID: (lock: Lock) => lock.id,
      'Resource Id': (lock: Lock) => lock.resource_id,
      'Resource Type': (lock: Lock) => lock.resource_type,
      'Resource Action': (lock: Lock) => lock.resource_action,
      ...(options.detailed ? more : {}),
    })
  },
})

const show = command({
  words: 'lock show',
  summary: 'Show a resource lock.',
  gives: 'show',
  args: { lock: lockArg },
  async run({ args, connect }) {
    const { resource_lock: lock } = await (await connect()).call(showLock, { params: { id: args.lock } })
    return showOf(fieldsOf(lock))
  },
})

const set = command({
  words: 'lock set',
  summary: 'Change what a lock forbids, or why.',
  gives: 'nothing',
  args: { lock: lockArg },
  options: {
    'resource-action': oneOf(actions, 'action', 'What to forbid.'),
    'lock-reason': text('text', 'Why.'),
  },
  async run({ args, options, connect }) {
    const { 'resource-action': action, 'lock-reason': reason } = options
    if (action === undefined && reason === undefined) {
      throw new UsageError('Nothing to set: give at least one option.')
    }
    const resource_lock = {
      ...(action === undefined ? {} : { resource_action: action as never }),
      ...(reason === undefined ? {} : { lock_reason: reason }),
    }
    await (await connect()).call(updateLock, { params: { id: args.lock }, body: { resource_lock } })
  },
})

const unset = command({
  words: 'lock unset',
  summary: 'Clear the reason of a lock.',
  gives: 'nothing',
  args: { lock: lockArg },
  options: { 'lock-reason': flag('Clear the reason.') },
  async run({ args, options, connect }) {
    if (!options['lock-reason']) throw new UsageError('Nothing to unset: give --lock-reason.')
    const body = { resource_lock: { lock_reason: null } }
    await (await connect()).call(updateLock, { params: { id: args.lock }, body })
  },
})

const remove = command({
  words: 'lock delete',
  summary: 'Remove resource locks.',
  gives: 'nothing',
  args: { lock: many('Ids of the locks.') },
  async run({ args, connect }) {
    const client = await connect()
    await forEach(args.lock, 'deleted', (id) => client.call(deleteLock, { params: { id } }))
  },
})

export const lockCommands = [create, list, show, set, unset, remove]
