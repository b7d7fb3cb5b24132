import type { Attack } from '../attack.ts'
import type { ApiWorld } from './world.ts'

/** The whole wall is `test/routes/tenant-wall.test.ts`; this is the first thing anybody tries. */
export const foreignIds: Attack<ApiWorld> = {
  name: 'foreign ids',
  tries: "reads, changes and deletes another project's share by its id",
  async run({ ask, secret }) {
    const path = `/v2/shares/${secret.id}`
    const action = (body: unknown) => ask(`${path}/action`, { method: 'POST', body })
    const answers = [
      await ask(path),
      await ask(`${path}/export_locations`),
      await ask(`${path}/metadata`),
      await ask(path, { method: 'PUT', body: { share: { display_name: 'mine' } } }),
      await action({ extend: { new_size: 2 } }),
      await action({ allow_access: { access_type: 'ip', access_to: '10.0.0.1' } }),
      await ask(path, { method: 'DELETE' }),
      await ask(`/v2/share-access-rules?share_id=${secret.id}`),
    ]
    const kept = (await ask(path, { as: 'victim' })).json?.share
    const through =
      answers.some(({ status, text }) => status < 400 || text.includes(secret.name)) ||
      kept?.name !== secret.name ||
      kept?.size !== 1
    return {
      through,
      tried: `${answers.length} requests`,
      cameBack: answers.map(({ status }) => status).join(' '),
    }
  },
}
