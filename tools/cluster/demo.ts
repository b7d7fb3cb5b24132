/** A share on each backend, through the balancer, as a user makes it. */
import type { Steps } from '../quickstart/say.ts'
import { connect } from '../../src/sdk/connect.ts'
import { waitFor } from '../../src/sdk/watch.ts'
import { createShare, deleteShare, showShare } from '../../src/wire/shares/schema.ts'
import type { Cluster } from './cluster.ts'
import { labels } from './settings.ts'

/** Throws what went wrong. */
export async function demonstrate(cluster: Cluster, told: Steps): Promise<void> {
  const client = await told.step('sign in as user demo', () =>
    connect({ cloud: 'manila-demo', env: { OS_CLIENT_CONFIG_FILE: cluster.clouds } }),
  )
  for (const type of ['a', 'b'] as const) {
    await told.step(`make and delete a share on ${labels[type]}`, async () => {
      const { share } = await client.call(createShare, {
        body: { share: { share_proto: 'NFS', size: 1, share_type: type, name: `demo-${type}` } },
      })
      const status = async () =>
        (await client.call(showShare, { params: { id: share.id } })).share.status ?? ''
      const wait = { resourceId: share.id, status, pollMs: 50, timeoutMs: 60_000 }
      const { ended } = await waitFor(client, { ...wait, until: ['available'] })
      if (ended !== 'done') throw new Error(`share ${share.id} is ${await status()}`)
      await client.call(deleteShare, { params: { id: share.id } })
    })
  }
}
