/**
 * The metrics of several workers as one page. Each worker answers its primary with what it has counted; one that is starting or dying does
 * not, and is left out: better than no page at all.
 */
import cluster, { type Worker } from 'node:cluster'
import { AggregatorRegistry, type MetricObjectWithValues, type MetricValue, type Registry } from 'prom-client'

const [question, answer] = ['manila:metrics?', 'manila:metrics']
/** Milliseconds a worker gets: it needs one. */
const patienceMs = 1000

type Counted = MetricObjectWithValues<MetricValue<string>>[]

interface Message {
  readonly type: string
  readonly counted: Counted
}

/** Whether this process is one of several that a primary adds up. */
export const isWorker = (): boolean => cluster.isWorker

/** In a worker: from now on it answers. */
export function answerPrimary(registry: Registry): void {
  process.on('message', (message: Partial<Message> | null) => {
    if (message?.type !== question) return
    // What can't be read, or told to a primary that is gone, is left out; it must not end the worker.
    registry.getMetricsAsJSON().then(
      (counted) => process.send?.({ type: answer, counted }, undefined, undefined, () => {}),
      () => {},
    )
  })
}

/** In the primary: what all of them have counted, added up, for Prometheus. */
export async function metricsOf(
  workers: readonly Worker[],
): Promise<{ readonly contentType: string; readonly text: string }> {
  const counted = await Promise.all(workers.map(ask))
  const sum = AggregatorRegistry.aggregate(counted.filter((one) => one !== null))
  return { contentType: sum.contentType, text: await sum.metrics() }
}

function ask(worker: Worker): Promise<Counted | null> {
  return new Promise((resolve) => {
    const end = (counted: Counted | null): void => {
      clearTimeout(timer)
      worker.off('message', hear)
      worker.off('exit', gone)
      resolve(counted)
    }
    const hear = (message: Partial<Message> | null): void => {
      if (message?.type === answer) end(message.counted ?? null)
    }
    const gone = (): void => end(null)
    const timer = setTimeout(gone, patienceMs)
    worker.on('message', hear)
    worker.on('exit', gone)
    // It may be gone already.
    worker.send({ type: question }, (error) => error && gone())
  })
}
