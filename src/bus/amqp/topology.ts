/**
 * The exchanges and queues of a deployment. Senders only know exchanges, so they may not touch anybody's queue:
 *
 * - `<prefix>.work`: to one of those who serve a topic, through `<prefix>.work.<topic>`
 * - `<prefix>.fanout`: to every process that serves a topic, through the process's own queue `<prefix>.process.<service>.<id>`
 * - `<prefix>.calls`: questions, to one of those who answer on a topic, through `<prefix>.calls.<topic>`
 * - `<prefix>.replies`: answers, to the own queue of the process that asked
 * - `<prefix>.dead`: what nobody understood, kept in `<prefix>.dead-letters`
 * - `<prefix>.notifications`: for those outside who listen, see `src/notifications`
 */
import type { Channel } from 'rabbitmq-client'
import type { BusSettings } from '../../config/schema.ts'

export type Names = ReturnType<typeof namesOf>

export const namesOf = (prefix: string) => ({
  work: `${prefix}.work`,
  workQueue: (topic: string) => `${prefix}.work.${topic}`,
  fanout: `${prefix}.fanout`,
  calls: `${prefix}.calls`,
  callQueue: (topic: string) => `${prefix}.calls.${topic}`,
  replies: `${prefix}.replies`,
  dead: `${prefix}.dead`,
  deadLetters: `${prefix}.dead-letters`,
  notifications: `${prefix}.notifications`,
  processQueue: (service: string, id: string) => `${prefix}.process.${service}.${id}`,
})

/** Exchanges that every process declares, so that a broker which lost everything is whole again at the next connection. */
export const exchangesOf = (names: Names) => [
  { exchange: names.work, type: 'direct', durable: true },
  { exchange: names.fanout, type: 'direct', durable: true },
  { exchange: names.calls, type: 'direct', durable: true },
  { exchange: names.replies, type: 'direct', durable: true },
  { exchange: names.dead, type: 'fanout', durable: true },
]

export async function declareExchanges(channel: Channel, names: Names): Promise<void> {
  for (const exchange of exchangesOf(names)) await channel.exchangeDeclare(exchange)
}

/**
 * Bounded in length and time: a queue whose backend is gone for good ends by itself. What it holds is only that somebody should
 * look, and everybody looks when the broker is back: a queue that survives one of several nodes is worth its flushes, one that
 * survives the only node is not.
 */
export function workQueue(settings: BusSettings, queue: string) {
  const { work_queues: kind, hosts } = settings
  const isQuorum = kind === 'quorum' || (kind === 'auto' && hosts.length > 1)
  return {
    queue,
    durable: true,
    arguments: {
      ...bounds(settings),
      // A message whose receivers keep dying is given up; the row it points at is not.
      ...(isQuorum ? { 'x-queue-type': 'quorum', 'x-delivery-limit': 5 } : { 'x-queue-type': 'classic' }),
    },
  }
}

/** Questions are not kept: who asked does not wait long, and asks again. */
export const callQueue = (settings: BusSettings, queue: string) => ({
  queue,
  durable: true,
  arguments: bounds(settings),
})

const bounds = (settings: BusSettings) => ({
  'x-max-length': settings.queue_max_length,
  'x-overflow': 'drop-head' as const,
  'x-message-ttl': settings.message_ttl_s * 1000,
  'x-expires': settings.queue_expires_s * 1000,
})

/** Goes with its process; what it missed, it finds in the database. */
export const processQueue = (settings: BusSettings, queue: string) => ({
  queue,
  exclusive: true,
  autoDelete: true,
  arguments: { 'x-max-length': settings.queue_max_length, 'x-overflow': 'drop-head' as const },
})

/** Classic: an operator may look at it as often as he likes, which a quorum queue would count as failed deliveries. */
export const deadLetterQueue = (settings: BusSettings, names: Names) => ({
  queue: names.deadLetters,
  durable: true,
  arguments: { 'x-max-length': settings.dead_letters_max, 'x-overflow': 'drop-head' as const },
})
