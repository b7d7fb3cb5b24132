/** `quota …` and `limits show`: how much a project may have, and has. */
import type { Client } from '../../sdk/client.ts'
import { quotaDefaults } from '../../model/quota.ts'
import { showLimits } from '../../wire/limits/schema.ts'
import {
  deleteQuotaSet,
  deleteQuotaSetLegacy,
  showQuotaClassSet,
  showQuotaClassSetLegacy,
  showQuotaDefaults,
  showQuotaDefaultsLegacy,
  showQuotaSet,
  showQuotaSetDetail,
  showQuotaSetLegacy,
  updateQuotaClassSet,
  updateQuotaClassSetLegacy,
  updateQuotaSet,
  updateQuotaSetLegacy,
} from '../../wire/quotas/schema.ts'
import { CommandFailure } from '../exit-codes.ts'
import { arg, command, flag, optionalArg, text, whole, type OptionSpec } from '../command.ts'
import { projectIdOf, userIdOf, type IdentityOptions } from '../identities.ts'
import { findShareType } from '../lookup.ts'
import { listOf, showOf } from '../output/output.ts'
import type { Session } from '../session.ts'
import { fieldsOf } from '../views.ts'
import { UsageError } from '../usage-error.ts'

/** Limits may be left of a project, or a user, that is deleted. */
const left = { mayBeGone: true }

const owner = {
  user: text('user', 'Of this user in the project.'),
  'share-type': text('type', 'Of this share type in the project.'),
}

/** One option for each resource: `--share-networks <limit>`. */
const limits = Object.fromEntries(
  Object.keys(quotaDefaults).map((name) => {
    const spoken = name.replaceAll('_', ' ')
    return [name.replaceAll('_', '-'), whole('limit', `Limit of ${spoken}; -1 = none.`, -1)]
  }),
) as Record<string, OptionSpec<number | undefined>>

const show = command({
  words: 'quota show',
  summary: 'Show the limits of a project, and with --detail what is used of them.',
  gives: 'show',
  args: { project: optionalArg('Name or id of the project; your own when absent.') },
  options: {
    ...owner,
    class: flag('The argument is a quota class; `default` holds the defaults.'),
    defaults: flag('Show the limits of a project that has none of its own.'),
    detail: flag('Show what is in use and reserved as well.'),
  },
  async run({ args, options, session, connect }) {
    const client = await connect()
    if (options.class) {
      const params = { class_name: args.project ?? 'default' }
      const { quota_class_set: set } = await client.call(
        client.pick(showQuotaClassSet, showQuotaClassSetLegacy),
        { params },
      )
      return showOf(fieldsOf(set))
    }
    const id =
      args.project === undefined ? ownProject(client) : await projectIdOf(client, session, args.project, left)
    const params = { id }
    if (options.defaults) {
      const { quota_set: set } = await client.call(client.pick(showQuotaDefaults, showQuotaDefaultsLegacy), {
        params,
      })
      return showOf(fieldsOf(set))
    }
    const query = await ownerQuery(client, session, options, left)
    if (options.detail) {
      return showOf(fieldsOf((await client.call(showQuotaSetDetail, { params, query })).quota_set))
    }
    const { quota_set: set } = await client.call(client.pick(showQuotaSet, showQuotaSetLegacy), {
      params,
      query,
    })
    return showOf(fieldsOf(set))
  },
})

const set = command({
  words: 'quota set',
  summary: 'Set limits of a project, or of a user or share type in it (administrators).',
  gives: 'nothing',
  args: { project: arg('Name or id of the project, or with --class the name of the quota class.') },
  options: {
    class: flag('The argument is a quota class; `default` holds the defaults.'),
    ...owner,
    ...limits,
    force: flag('Also below what is in use.'),
  },
  async run({ args, options, session, connect }) {
    const given: Readonly<Record<string, unknown>> = options
    const changes = Object.fromEntries(
      Object.keys(limits).flatMap((name) =>
        given[name] === undefined ? [] : [[name.replaceAll('-', '_'), given[name] as number]],
      ),
    )
    if (Object.keys(changes).length === 0) throw new UsageError('Nothing to set: give at least one limit.')
    const client = await connect()
    if (options.class) {
      await client.call(client.pick(updateQuotaClassSet, updateQuotaClassSetLegacy), {
        params: { class_name: args.project },
        body: { quota_class_set: changes },
      })
      return
    }
    await client.call(client.pick(updateQuotaSet, updateQuotaSetLegacy), {
      params: { id: await projectIdOf(client, session, args.project) },
      query: await ownerQuery(client, session, options),
      body: { quota_set: { ...changes, ...(options.force ? { force: true } : {}) } },
    })
  },
})

const remove = command({
  words: 'quota delete',
  summary: 'Take limits back to the defaults (administrators).',
  gives: 'nothing',
  args: { project: arg('Name or id of the project.') },
  options: owner,
  async run({ args, options, session, connect }) {
    const client = await connect()
    const query = await ownerQuery(client, session, options, left)
    await client.call(client.pick(deleteQuotaSet, deleteQuotaSetLegacy), {
      params: { id: await projectIdOf(client, session, args.project, left) },
      query,
    })
  },
})

async function ownerQuery(
  client: Client,
  session: Session,
  {
    user,
    'share-type': type,
  }: { readonly user: string | undefined; readonly 'share-type': string | undefined },
  gone: IdentityOptions = {},
): Promise<{ user_id?: string; share_type?: string }> {
  if (user !== undefined && type !== undefined)
    throw new UsageError('--user and --share-type exclude each other.')
  return {
    ...(user === undefined ? {} : { user_id: await userIdOf(client, session, user, gone) }),
    ...(type === undefined ? {} : { share_type: (await findShareType(client, type)).id }),
  }
}

function ownProject(client: Client): string {
  const id = client.tokens.session?.projectId ?? null
  if (id === null)
    throw new CommandFailure('Your token does not say which project it is for: name the project.')
  return id
}

const limitsShow = command({
  words: 'limits show',
  summary: 'Show what your project may have and has.',
  gives: 'list',
  options: {
    absolute: flag('Limits and use; the default.'),
    rate: flag('Limits of requests per time.'),
  },
  async run({ options, connect }) {
    if (options.absolute && options.rate) throw new UsageError('--absolute and --rate exclude each other.')
    const { limits: all } = await (await connect()).call(showLimits)
    if (!options.rate) {
      return listOf(Object.entries(all.absolute), { Name: ([name]) => name, Value: ([, value]) => value })
    }
    const rates = (all.rate as { uri?: string; regex?: string; limit?: Record<string, unknown>[] }[]).flatMap(
      ({ uri, regex, limit }) =>
        (limit ?? []).map((one): Record<string, unknown> => ({ uri, regex, ...one })),
    )
    return listOf(rates, {
      Verb: (one) => one.verb,
      Regex: (one) => one.regex,
      URI: (one) => one.uri,
      Value: (one) => one.value,
      Remaining: (one) => one.remaining,
      Unit: (one) => one.unit,
      'Next Available': (one) => one['next-available'],
    })
  },
})

export const quotaCommands = [show, set, remove, limitsShow]
