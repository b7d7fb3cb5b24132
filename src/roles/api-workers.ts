/**
 * Several API processes on one port. The primary serves nothing itself: it starts workers, starts another for each that dies, hands
 * signals on, and adds up their metrics on the port of `[metrics]`. SIGHUP replaces them one by one.
 */
import cluster, { type Worker } from 'node:cluster'
import { createServer } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Settings } from '../config/schema.ts'
import { onSignal } from '../runtime/shutdown.ts'
import { metricsOf } from '../runtime/worker-metrics.ts'

/** Milliseconds before a worker that died is replaced: one that dies at once must not fill the log. */
const pauseMs = 1000

/** Resolves never; a signal ends the process. */
export async function superviseWorkers(settings: Settings): Promise<void> {
  let stopping = false
  // The workers share the listening socket. Node's other way hands each connection to one worker, and forgets those whose worker
  // dies at that moment: their clients wait for ever.
  cluster.schedulingPolicy = cluster.SCHED_NONE
  const start = (): Worker => cluster.fork()
  cluster.on('exit', (worker, code, signal) => {
    if (stopping || worker.exitedAfterDisconnect) return
    process.stderr.write(
      `manila-api: worker ${worker.process.pid} ended (${signal ?? code}); another one is started\n`,
    )
    setTimeout(() => !stopping && start(), pauseMs)
  })
  for (let count = 0; count < settings.api.workers; count++) start()
  const status = createServer((_request, response) => {
    metricsOf(living()).then(
      ({ contentType, text }) => response.writeHead(200, { 'content-type': contentType }).end(text),
      () => response.writeHead(503).end(),
    )
  })
  status.listen(settings.metrics.port, settings.metrics.host)
  process.on('SIGHUP', () => void replaceAll(start))
  onSignal(async () => {
    stopping = true
    status.close()
    // Each goes on taking connections while it drains.
    await Promise.all(living().map((worker) => terminated(worker)))
  })
}

const living = (): Worker[] => Object.values(cluster.workers ?? {}).filter((worker) => worker !== undefined)

/** One after the other, each only when its successor listens. */
async function replaceAll(start: () => Worker): Promise<void> {
  for (const old of living()) {
    const next = start()
    const listens = await Promise.race([
      new Promise<boolean>((resolve) => next.once('listening', () => resolve(true))),
      new Promise<boolean>((resolve) => next.once('exit', () => resolve(false))),
      sleep(60_000, false, { ref: false }),
    ])
    // A successor that can't serve is no reason to end one that can.
    if (!listens) return
    await end(old)
  }
}

/** For one that has a successor: it takes no more connections. */
async function end(worker: Worker): Promise<void> {
  worker.disconnect()
  await terminated(worker)
}

async function terminated(worker: Worker): Promise<void> {
  const ended = new Promise<void>((resolve) => worker.once('exit', () => resolve()))
  worker.process.kill('SIGTERM')
  await ended
}
