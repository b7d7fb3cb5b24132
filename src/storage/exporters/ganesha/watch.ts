/**
 * Looks after the servers between calls: one that died is started at once and not by the next call, and who was connected to it
 * is known. Every process that serves the backend watches; a lock lets one of them start the server, the others adopt it.
 */
import { commandsOf } from '../../host/commands.ts'
import type { CallContext, Parts } from '../../contract/driver.ts'
import type { Server } from './server.ts'
import type { Servers } from './servers.ts'

export interface Watch {
  start(): void
  /** Nothing is started by it afterwards. */
  stop(): Promise<void>
}

/** A look takes two small files of /proc a server: this often keeps a death under half a second, start included. */
const lookMs = 200
const refreshMs = 5000
const callMs = 30_000
/**
 * Milliseconds before a server that could not be started is tried again; doubles up to the second number, which is short because a
 * client may end a server while it starts, again and again, and others wait for it.
 */
const [firstPauseMs, longestPauseMs] = [200, 1000]
/** Milliseconds in which such failures of one server are told once. */
const toldMs = 60_000

export function watch(servers: Servers, parts: Parts): Watch {
  const leaving = new AbortController()
  const call: CallContext = {
    log: parts.log,
    deadlineMs: callMs,
    signal: leaving.signal,
    fence: null,
    progress: () => undefined,
  }
  const tended = new Map<Server, Promise<void>>()
  const resting = new WeakMap<Server, { readonly until: number; readonly pauseMs: number }>()
  const told = new WeakMap<Server, number>()
  let timer: NodeJS.Timeout | undefined
  let looking: Promise<unknown> = Promise.resolve()
  let refreshed = performance.now()

  const tend = async (server: Server): Promise<void> => {
    try {
      const commands = commandsOf(parts.exec, call)
      await servers.within(commands, server, () => server.tend(commands))
      resting.delete(server)
    } catch (error) {
      if (leaving.signal.aborted) return
      const pauseMs = Math.min(longestPauseMs, (resting.get(server)?.pauseMs ?? firstPauseMs / 2) * 2)
      resting.set(server, { until: performance.now() + pauseMs, pauseMs })
      if (performance.now() - (told.get(server) ?? -toldMs) < toldMs) return
      told.set(server, performance.now())
      const about = { backend: parts.backend, project: server.project, err: error }
      parts.log.error(about, 'NFS-Ganesha could not be started again; it is tried all the time')
    }
  }

  const look = async (): Promise<void> => {
    for (const server of servers.known()) {
      await server.sample()
      const rests = (resting.get(server)?.until ?? 0) > performance.now()
      if (leaving.signal.aborted || tended.has(server) || rests || !server.wants()) continue
      tended.set(
        server,
        tend(server).finally(() => tended.delete(server)),
      )
    }
    if (performance.now() - refreshed < refreshMs) return
    refreshed = performance.now()
    await servers.refresh(commandsOf(parts.exec, call)).catch((error: unknown) => {
      if (!leaving.signal.aborted)
        parts.log.warn(
          { backend: parts.backend, err: error },
          'NFS servers of other processes were not looked for',
        )
    })
  }

  const again = (): void => {
    if (leaving.signal.aborted) return
    timer = setTimeout(() => {
      looking = look().finally(again)
    }, lookMs).unref()
  }

  return {
    start: () => {
      if (timer === undefined) again()
    },
    async stop() {
      leaving.abort()
      clearTimeout(timer)
      await looking.catch(() => undefined)
      await Promise.all(tended.values())
    },
  }
}
