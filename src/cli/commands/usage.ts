/** `share usage` and `snapshot usage`: how full they are. Only servers of this project can tell. */
import type { ReplyOf } from '../../wire/endpoint.ts'
import { showShareUsage, showShareUsageHistory, showSnapshotUsage } from '../../wire/usages/schema.ts'
import { arg, command, flag, oneOf, text } from '../command.ts'
import { findShare, findSnapshot } from '../lookup.ts'
import { listOf, showOf } from '../output/output.ts'
import type { Show } from '../output/shape.ts'

type Usage = ReplyOf<typeof showShareUsage>['usage']

const refresh = flag('Measure now instead of showing the last measurement.')

export const shareUsage = command({
  words: 'share usage',
  summary: 'Show how full a share is.',
  gives: 'show',
  args: { share: arg('Name or id of the share.') },
  options: { refresh },
  async run({ args, options, connect }) {
    const client = await connect()
    const { id } = await findShare(client, args.share)
    const query = { refresh: options.refresh ? 'true' : undefined }
    return usageFields((await client.call(showShareUsage, { params: { id }, query })).usage)
  },
})

export const snapshotUsage = command({
  words: 'snapshot usage',
  summary: 'Show what a snapshot holds.',
  gives: 'show',
  args: { snapshot: arg('Name or id of the snapshot.') },
  options: { refresh },
  async run({ args, options, connect }) {
    const client = await connect()
    const { id } = await findSnapshot(client, args.snapshot)
    const query = { refresh: options.refresh ? 'true' : undefined }
    return usageFields((await client.call(showSnapshotUsage, { params: { id }, query })).usage)
  },
})

export const shareUsageHistory = command({
  words: 'share usage history',
  summary: 'Show how full a share was over time.',
  gives: 'list',
  args: { share: arg('Name or id of the share.') },
  options: {
    since: text('time', 'From this moment on, UTC; default a day ago.'),
    until: text('time', 'Up to this moment.'),
    step: oneOf(
      ['5min', 'hour', 'day'],
      'step',
      'Time between two points; default the finest that there is.',
    ),
  },
  async run({ args, options, connect }) {
    const client = await connect()
    const { id } = await findShare(client, args.share)
    const { usage_history } = await client.call(showShareUsageHistory, { params: { id }, query: options })
    return listOf(usage_history.points, {
      At: (one) => one.at,
      Size: (one) => one.size_bytes,
      Used: (one) => one.used_bytes,
      '%': (one) =>
        one.used_bytes === null || one.size_bytes === null
          ? null
          : Math.round((one.used_bytes / one.size_bytes) * 1000) / 10,
    })
  },
})

const bytesPerGib = 2 ** 30

/** With the share of the size that is used, to a tenth of a percent. */
function usageFields(usage: Usage): Show {
  const { size_gib: size, used_bytes: used } = usage
  const known = used !== null && size > 0
  return showOf({
    ...usage,
    used_percent: known ? Math.round((used / (size * bytesPerGib)) * 1000) / 10 : null,
  })
}
