import { join } from 'node:path'
import { setFaults } from '../../../src/storage/sim/faults.ts'
import type { Attack } from '../attack.ts'
import type { ApiWorld } from './world.ts'

const words = 'mkdir /srv/pool-7/manila on stor7.rack: Permission denied'

/** Every verb and every route is `test/system/backend-words.test.ts`; this is the one that anybody can provoke. */
export const backendWords: Attack<ApiWorld> = {
  name: "a backend's words",
  tries: 'reads paths, commands and host names of a backend in why his share failed',
  async run({ ask, dir }) {
    const backend = join(dir, 'backends', 'alpha')
    await setFaults(backend, { create: { kind: 'fail', message: words } })
    try {
      const made = await ask('/v2/shares', {
        method: 'POST',
        body: { share: { share_proto: 'NFS', size: 1 } },
      })
      const id = made.json.share.id as string
      const read = async (as: 'attacker' | 'admin') =>
        (await ask(`/v2/operations?resource_id=${id}&all_tenants=1`, { as })).text
      const end = performance.now() + 30_000
      while (!(await read('admin')).includes('"failed"')) {
        if (performance.now() > end) throw new Error('the share did not fail')
        await new Promise((resolve) => setTimeout(resolve, 20))
      }
      // Else there was nothing to find.
      if (!(await read('admin')).includes('/srv/pool-7')) throw new Error('the backend said something else')
      const operation = (await ask(`/v2/operations?resource_id=${id}`)).json.operations[0]
      const answers = [
        await read('attacker'),
        (await ask(`/v2/operations/${operation.id}`)).text,
        (await ask(`/v2/shares/${id}`)).text,
        (await ask('/v2/messages')).text,
        (await ask(`/v2/shares/${id}/usage`)).text,
      ]
      const leak = answers.find((text) => /srv|stor7|mkdir|Permission denied/.test(text))
      return {
        through: leak !== undefined,
        tried: `${answers.length} answers about a share that failed`,
        cameBack: leak ?? JSON.stringify(operation.cause),
      }
    } finally {
      await setFaults(backend, {})
    }
  },
}
