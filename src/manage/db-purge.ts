/** `db purge`: what manila-data does every ten minutes, now. */
import { purge } from '../data/purge.ts'
import { systemClock } from '../runtime/clock.ts'
import { withStore } from './database.ts'
import type { Verb } from './verb.ts'

export const dbPurge: Verb = {
  name: 'db purge',
  summary: 'remove finished operations, tombstones, events and messages that have served their time',
  help: `Removes what is older than [shares] operation_retention_s (messages: message_ttl_s), some hundred rows at a time, so that nobody
waits for it. manila-data does the same every ten minutes; safe beside it.`,
  run: ({ settings: load }) => {
    const settings = load()
    return withStore(settings, 'current', async (store) => {
      let rows = 0
      for (;;) {
        const more = await purge({ store, settings, clock: systemClock() })
        if (more === 0) return { code: 0, data: { rows }, text: `${rows} rows removed\n` }
        rows += more
      }
    })
  },
}
