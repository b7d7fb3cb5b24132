/** Processes behind the services: who lives, who takes nothing new, and who will never be heard of again. */
import { forgetProcesses, listProcesses, setDraining } from '../db/store/processes.ts'
import { isoMicros } from '../runtime/clock.ts'
import { columns } from './columns.ts'
import { withStore } from './database.ts'
import { Problem, type Verb } from './verb.ts'

export const serviceProcesses: Verb = {
  name: 'service processes',
  summary: 'list the processes behind the services',
  help: `One line per process that registered: where it runs, since when, whether it lives (a heartbeat within [shares] service_down_time_s
by the clock of the database) and whether it is draining.`,
  run: ({ settings: load }) => {
    const settings = load()
    return withStore(settings, 'current', async (store) => {
      const rows = await listProcesses(store, settings.shares.service_down_time_s)
      return {
        code: 0,
        data: rows,
        text: columns(
          ['PROGRAM', 'NODE', 'PID', 'VERSION', 'STATE', 'STARTED', 'ID'],
          rows.map((row) => [
            row.program,
            row.node,
            row.pid,
            row.version,
            row.live ? (row.draining === 1 ? 'draining' : 'up') : 'down',
            isoMicros(row.started_at),
            row.id,
          ]),
        ),
      }
    })
  },
}

const drain = (name: string, draining: boolean, summary: string, help: string): Verb => ({
  name,
  summary,
  help,
  operands: ['NODE'],
  run: ({ operands: [node = ''], settings }) =>
    withStore(settings(), 'current', async (store) => {
      const changed = await setDraining(store.db, node, draining)
      if (changed === 0)
        throw new Problem(`no process runs on ${node}: manila-manage service processes lists them`)
      return {
        code: 0,
        data: { processes: changed },
        text: `${changed} processes ${draining ? 'drain' : 'take work again'}\n`,
      }
    }),
})

export const serviceDrain = drain(
  'service drain',
  true,
  'let the processes of a node take nothing new',
  `NODE is a node's name or the id of one process. Within a heartbeat (5 s) they finish what they have and leave the rest to others; what only
they serve waits. Stop them then, or say undrain.`,
)

export const serviceUndrain = drain(
  'service undrain',
  false,
  'let the processes of a node take work again',
  `NODE is a node's name or the id of one process.`,
)

export const serviceCleanup: Verb = {
  name: 'service cleanup',
  summary: 'forget processes that are down',
  help: 'Removes processes without a heartbeat for [shares] service_down_time_s. One that was only paused registers again.',
  run: ({ settings: load }) => {
    const settings = load()
    return withStore(settings, 'current', async (store) => {
      const removed = await forgetProcesses(store, settings.shares.service_down_time_s)
      return { code: 0, data: { removed }, text: `${removed} processes forgotten\n` }
    })
  },
}
