import type { Attack } from '../attack.ts'
import type { ApiWorld } from './world.ts'

export const idempotencyKeys: Attack<ApiWorld> = {
  name: 'idempotency keys',
  tries: "gets another user's answer by sending his Idempotency-Key, with his body and with another",
  async run({ ask }) {
    const key = { 'idempotency-key': 'the-quarterly-report' }
    const create = (as: 'victim' | 'attacker', name: string) =>
      ask('/v2/shares', {
        as,
        method: 'POST',
        headers: key,
        body: { share: { share_proto: 'NFS', size: 1, name } },
      })
    const first = await create('victim', 'report')
    const [same, other] = [
      await create('attacker', 'report'),
      await ask('/v2/shares', {
        method: 'POST',
        headers: { 'idempotency-key': 'the-quarterly-report-2' },
        body: { share: { share_proto: 'NFS', size: 1, name: 'report' } },
      }),
    ]
    const theirs = first.json.share.id as string
    return {
      through: same.text.includes(theirs) || same.status !== other.status,
      tried: 'the key of another project, and one that was never used',
      cameBack: `${same.status} and ${other.status}`,
    }
  },
}
