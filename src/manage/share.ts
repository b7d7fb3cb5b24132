/** `share …`: what operators need where no request can help. */
import { renameBackend, RenameRefused } from '../db/store/backend-rename.ts'
import { stuckThings } from '../db/store/stuck.ts'
import { systemClock } from '../runtime/clock.ts'
import { columns } from './columns.ts'
import { withStore } from './database.ts'
import { Problem, Usage, type Verb } from './verb.ts'

export const shareStuck: Verb = {
  name: 'share stuck',
  summary: 'list what says that work is under way although none is',
  help: `Prints share and snapshot instances, share groups and their snapshots in a state that only an operation ends, without one, and operations an hour past their deadline.
There should be none: exit 1 when there is, and a report of how it came to be is welcome. reset-state of the API mends the state.`,
  run: ({ settings }) =>
    withStore(settings(), 'current', async ({ db }) => {
      const found = await stuckThings(db, systemClock().now())
      const table =
        found.length === 0
          ? ''
          : columns(
              ['KIND', 'ID', 'OF', 'PROJECT', 'STATUS', 'WHY'],
              found.map((one) => [one.kind, one.id, one.of, one.projectId, one.status, one.why]),
            )
      return { code: found.length === 0 ? 0 : 1, data: found, text: `${table}${found.length} stuck\n` }
    }),
}

const label = /^[A-Za-z0-9._-]{1,255}@[A-Za-z0-9_-]{1,60}$/

export const shareUpdateHost: Verb = {
  name: 'share update-host',
  summary: 'rename a backend and everything on it',
  help: `For a node or a backend that got another name while its storage stayed: host@backend becomes another host@backend, with its pools,
its service and all its shares; ids stay. Stop its manila-share first. A backend that has already registered under the new name must be empty, and
is replaced. Without --apply it says what it would do.`,
  options: [
    { name: 'from', value: 'HOST@BACKEND', help: 'its name in the database' },
    { name: 'to', value: 'HOST@BACKEND', help: 'its name in the configuration' },
    { name: 'apply', help: 'do it' },
  ],
  run: ({ options: { from = '', to = '', apply = false }, settings: load }) => {
    for (const [option, value] of Object.entries({ from, to }))
      if (!label.test(value)) throw new Usage(`--${option} is HOST@BACKEND, without a pool`)
    const settings = load()
    return withStore(settings, 'current', async (store) => {
      const downAfterUs = settings.shares.service_down_time_s * 1_000_000
      const preview = new Error('only a preview')
      let done: Awaited<ReturnType<typeof renameBackend>> = { pools: [] }
      await store
        .transaction(async (tx) => {
          done = await renameBackend(tx, { from, to, downAfterUs, now: systemClock().now() })
          if (!apply) throw preview
        })
        .catch((error: unknown) => {
          if (error instanceof RenameRefused) throw new Problem(error.message)
          if (error !== preview) throw error
        })
      const lines = done.pools.map((pool) => `${pool.from} → ${pool.to}: ${pool.instances} share instances\n`)
      const end = apply ? 'renamed' : 'nothing was changed; say --apply'
      return {
        code: 0,
        data: { ...done, applied: apply },
        text: `${lines.join('')}${from} → ${to}: ${end}\n`,
      }
    })
  },
}
