import type { Attack } from '../attack.ts'
import { send, type Reply } from './strangers.ts'
import type { ApiWorld } from './world.ts'

/** They tell how much others use the service, and the names of backends. */
export const counters: Attack<ApiWorld> = {
  name: "the service's counters",
  tries: "reads /metrics on the API's port, without a token",
  async run(world) {
    const paths = ['/metrics', '/metrics/', '//metrics', '/v2/metrics', '/identity/metrics', '/v2/../metrics']
    const replies: Reply[] = []
    for (const path of paths) {
      replies.push(await send(world, path, { from: '127.0.23.1' }))
      const headers = { 'x-forwarded-for': '127.0.0.1', accept: 'text/plain' }
      replies.push(await send(world, path, { from: '127.0.23.1', headers }))
    }
    const told = replies.filter(({ text }) => /^# (?:HELP|TYPE) /m.test(text))
    return {
      through: told.length > 0,
      tried: `${replies.length} requests`,
      cameBack: told[0]?.text.slice(0, 80) ?? [...new Set(replies.map(({ status }) => status))].join(' '),
    }
  },
}
