/** `audit list`: who did what. Only servers of this project have it. */
import { auditActions, auditOutcomes } from '../../model/audit.ts'
import { listAuditEvents } from '../../wire/audit/schema.ts'
import { command, flag, oneOf, text, whole } from '../command.ts'
import { CommandFailure } from '../exit-codes.ts'
import { listed } from '../lookup.ts'
import { listOf } from '../output/output.ts'

/** Shown when nothing else is asked for: the trail is long. */
const usualLimit = 100

const list = command({
  words: 'audit list',
  summary: 'List logins, changes and refusals, newest first (administrators).',
  gives: 'list',
  options: {
    user: text('id', 'Only what this user did.'),
    'user-project': text('id', 'Only what was done with a token of this project.'),
    'target-type': text('type', 'Only what was done to this kind of thing, for example share.'),
    target: text('id', 'Only what was done to this.'),
    'target-project': text('id', 'Only what was done to things of this project.'),
    action: oneOf(auditActions, 'action', 'Only this kind of action.'),
    outcome: oneOf(auditOutcomes, 'outcome', 'Only what ended like this.'),
    address: text('address', 'Only what came from this address.'),
    'request-id': text('id', 'Only this request.'),
    since: text('time', 'Only from this time on, for example 2026-08-21T11:05:00 (UTC).'),
    until: text('time', 'Only before this time.'),
    'oldest-first': flag('Begin with the oldest.'),
    limit: whole('number', `Show at most this many, ${usualLimit} by default.`),
  },
  async run({ options, connect }) {
    const client = await connect()
    if (!(await client.has('audit'))) throw new CommandFailure('This server keeps no audit trail.')
    const query = {
      user_id: options.user,
      project_id: options['user-project'],
      target_type: options['target-type'],
      target_id: options.target,
      target_project_id: options['target-project'],
      action: options.action,
      outcome: options.outcome,
      address: options.address,
      request_id: options['request-id'],
      since: options.since,
      until: options.until,
      sort_dir: options['oldest-first'] ? 'asc' : undefined,
    }
    const rows = await listed(client, listAuditEvents, 'audit', query, options.limit ?? usualLimit)
    return listOf(rows, {
      Time: (one) => one.eventTime,
      Action: (one) => one.action,
      Outcome: (one) => one.outcome,
      Reason: (one) => one.reason.reasonCode,
      Count: (one) => one.count,
      User: (one) => one.initiator.name ?? one.initiator.id ?? '',
      Through: (one) => one.initiator.credential.type ?? '',
      Address: (one) => one.initiator.host.address ?? '',
      Target: (one) => one.target.typeURI,
      'Target ID': (one) => one.target.id ?? '',
      Operation: (one) => one.operation,
      'Request ID': (one) => one.initiator.request_id ?? '',
    })
  },
})

export const auditCommands = [list]
