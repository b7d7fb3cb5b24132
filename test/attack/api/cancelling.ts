import { join } from 'node:path'
import { setFaults } from '../../../src/storage/sim/faults.ts'
import type { Attack } from '../attack.ts'
import type { ApiWorld } from './world.ts'

/** An administrator's work in the attacker's own project, held up by a slow backend. */
export const cancelling: Attack<ApiWorld> = {
  name: "cancelling an administrator's work",
  tries: 'cancels the operation that an administrator began on his share',
  async run({ ask, share, dir }) {
    const id = await share('attacker')
    const backend = join(dir, 'backends', 'alpha')
    await setFaults(backend, { extend: { kind: 'slow', ms: 1500 } })
    try {
      const extend = { extend: { new_size: 2 } }
      await ask(`/v2/shares/${id}/action`, { as: 'admin', method: 'POST', body: extend })
      const query = `/v2/operations?resource_id=${id}&kind=extend-share`
      const [operation] = (await ask(query)).json.operations
      const cancelled = await ask(`/v2/operations/${operation.id}/action`, {
        method: 'POST',
        body: { cancel: null },
      })
      const end = performance.now() + 30_000
      let now = operation
      while (!['done', 'failed', 'cancelled'].includes(now.state as string)) {
        if (performance.now() > end) throw new Error('the operation does not end')
        await new Promise((resolve) => setTimeout(resolve, 50))
        now = (await ask(query)).json.operations[0]
      }
      return {
        through: cancelled.status < 400 || now.state !== 'done',
        tried: 'one cancel while it ran',
        cameBack: `${cancelled.status}, then it was ${now.state}`,
      }
    } finally {
      await setFaults(backend, {})
    }
  },
}
