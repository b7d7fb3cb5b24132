/** `access …`: who may use a share. */
import type { Client } from '../../sdk/client.ts'
import { statusOrGone } from '../../sdk/watch.ts'
import type { ReplyOf } from '../../wire/endpoint.ts'
import {
  allowAccess,
  deleteAccessMetadata,
  denyAccess,
  listAccessAction,
  listAccessActionLegacy,
  listAccessRules,
  showAccessRule,
  updateAccessMetadata,
  updateAccessRule,
} from '../../wire/access-rules/schema.ts'
import { arg, choiceArg, command, flag, oneOf, pairs, text, texts } from '../command.ts'
import { dictFilter, findShare } from '../lookup.ts'
import { listOf, showOf } from '../output/output.ts'
import type { Session } from '../session.ts'
import { fieldsOf } from '../views.ts'
import { waitUntilDone } from '../wait.ts'
import { UsageError } from '../usage-error.ts'

type Rule = ReplyOf<typeof listAccessRules>['access_list'][number]

const levels = ['rw', 'ro'] as const
const shareArg = arg('Name or id of the share.')
const ruleArg = arg('Id of the access rule.')

const accessAllow = command({
  words: 'access allow',
  also: ['access create'],
  summary: 'Let a client, user or certificate use a share.',
  gives: 'show',
  args: {
    share: shareArg,
    type: choiceArg(['ip', 'user', 'cert', 'cephx'], 'Kind of rule.'),
    to: arg('Address or network, user, common name or Ceph id.'),
  },
  options: {
    'access-level': oneOf(levels, 'level', 'Read and write, the default, or read only.'),
    properties: pairs('Property of the rule.'),
    'lock-visibility': flag('Hide the target and key from others.'),
    'lock-deletion': flag('Keep the rule from being deleted.'),
    'lock-reason': text('text', 'Why it is locked.'),
    wait: flag('Wait until the rule is in force.'),
  },
  async run({ args, options, session, connect }) {
    const locks = options['lock-visibility'] || options['lock-deletion']
    if (options['lock-reason'] !== undefined && !locks) {
      throw new UsageError('--lock-reason needs --lock-visibility or --lock-deletion.')
    }
    const client = await connect()
    const { id } = await findShare(client, args.share)
    const { access } = (await client.act(allowAccess, {
      params: { id },
      body: {
        access_type: args.type,
        access_to: args.to,
        access_level: options['access-level'] ?? 'rw',
        metadata: options.properties,
        ...(options['lock-visibility'] ? { lock_visibility: true } : {}),
        ...(options['lock-deletion'] ? { lock_deletion: true } : {}),
        lock_reason: options['lock-reason'],
      },
    })) as ReplyOf<typeof showAccessRule>
    if (!options.wait) return showOf(fieldsOf(access))
    await waitForRule(client, session, id, access.id, `allow ${args.to}`, ['active'])
    const now = (await rulesOf(client, id)).find((rule) => rule.id === access.id)
    return showOf({ ...fieldsOf(access), ...(now === undefined ? {} : fieldsOf(now)) })
  },
})

const accessDeny = command({
  words: 'access deny',
  also: ['access delete'],
  summary: 'Take an access rule away.',
  gives: 'nothing',
  args: { share: shareArg, rule: ruleArg },
  options: {
    unrestrict: flag('Remove its locks first.'),
    wait: flag('Wait until it is no longer in force.'),
  },
  async run({ args, options, session, connect }) {
    const client = await connect()
    const { id } = await findShare(client, args.share)
    await client.act(denyAccess, {
      params: { id },
      body: { access_id: args.rule, ...(options.unrestrict ? { unrestrict: true } : {}) },
    })
    if (options.wait) await waitForRule(client, session, id, args.rule, `deny ${args.rule}`, [null])
  },
})

const accessList = command({
  words: 'access list',
  summary: 'List the access rules of a share.',
  gives: 'list',
  args: { share: shareArg },
  options: {
    properties: pairs('Only rules with this property.'),
    'access-type': text('type', 'Only rules of this type.'),
    'access-key': text('key', 'Only the rule with this key.'),
    'access-to': text('target', 'Only rules for this target; needs --access-type.'),
    'access-level': oneOf(levels, 'level', 'Only rules of this level.'),
  },
  async run({ args, options, connect }) {
    const client = await connect()
    const { id } = await findShare(client, args.share)
    const rules = await rulesOf(client, id, {
      metadata: dictFilter(options.properties),
      access_type: options['access-type'],
      access_key: options['access-key'],
      access_to: options['access-to'],
      access_level: options['access-level'],
    })
    return listOf(rules, {
      ID: (rule) => rule.id,
      'Access Type': (rule) => rule.access_type,
      'Access To': (rule) => rule.access_to,
      'Access Level': (rule) => rule.access_level,
      State: (rule) => rule.state,
      'Access Key': (rule) => rule.access_key,
      'Created At': (rule) => rule.created_at,
      'Updated At': (rule) => rule.updated_at,
      ...(client.minor < 45 ? {} : { Properties: (rule: Rule) => rule.metadata }),
    })
  },
})

const accessShow = command({
  words: 'access show',
  summary: 'Show an access rule.',
  gives: 'show',
  args: { rule: ruleArg },
  async run({ args, connect }) {
    const { access } = await (await connect()).call(showAccessRule, { params: { id: args.rule } })
    return showOf(fieldsOf(access))
  },
})

const accessSet = command({
  words: 'access set',
  summary: 'Change level or properties of an access rule.',
  gives: 'nothing',
  args: { rule: ruleArg },
  options: {
    'access-level': oneOf(levels, 'level', 'New level.'),
    property: pairs('Property to add or replace.'),
  },
  async run({ args, options, connect }) {
    const { 'access-level': level, property } = options
    if (level === undefined && property === undefined) {
      throw new UsageError('Nothing to set: give at least one option.')
    }
    const client = await connect()
    const params = { id: args.rule }
    if (property !== undefined) {
      await client.call(updateAccessMetadata, { params, body: { metadata: property } })
    }
    if (level !== undefined) {
      await client.call(updateAccessRule, { params, body: { update_access: { access_level: level } } })
    }
  },
})

const accessUnset = command({
  words: 'access unset',
  summary: 'Remove properties of an access rule.',
  gives: 'nothing',
  args: { rule: ruleArg },
  options: { property: texts('key', 'Property to remove.') },
  async run({ args, options, connect }) {
    if (options.property.length === 0) throw new UsageError('Nothing to unset: give --property.')
    const client = await connect()
    for (const key of options.property) {
      await client.call(deleteAccessMetadata, { params: { id: args.rule, key } })
    }
  },
})

type Filters = Readonly<Record<string, string | undefined>>

/** Before 2.45 rules are listed by an action of the share, without filters. */
async function rulesOf(client: Client, id: string, filters: Filters = {}): Promise<readonly Rule[]> {
  if (client.minor < 45) {
    const action = client.minor < 7 ? listAccessActionLegacy : listAccessAction
    return (await client.call(action, { params: { id }, body: null })).access_list
  }
  return (await client.call(listAccessRules, { query: { share_id: id, ...filters } })).access_list
}

/** Rules are applied all at once and have no operation of their own. */
async function waitForRule(
  client: Client,
  session: Session,
  shareId: string,
  ruleId: string,
  what: string,
  until: readonly (string | null)[],
): Promise<void> {
  const status = () =>
    statusOrGone(async () => {
      const found = (await rulesOf(client, shareId)).find(({ id }) => id === ruleId)
      return found === undefined ? (null as unknown as string) : found.state
    })
  await waitUntilDone(client, session, { resourceId: shareId, what, status, until, hasOperation: false })
}

export const accessCommands = [accessAllow, accessDeny, accessList, accessShow, accessSet, accessUnset]
