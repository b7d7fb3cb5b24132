/**
 * Sends to listeners outside, on an exchange of their own, each message confirmed before the next: what was not confirmed
 * is sent again by the caller. Queues that are kept for a listener refuse what they have no room for, so nothing is lost
 * while he is away; the database keeps it meanwhile.
 */
import type { Channel } from 'rabbitmq-client'
import type { BusSettings, NotificationSettings } from '../config/schema.ts'
import { connectTo, withoutPassword } from './amqp/connection.ts'
import { namesOf } from './amqp/topology.ts'
import type { BusParts } from './bus.ts'

export interface Outside {
  readonly routingKey: string
  readonly messageId: string
  readonly type: string
  readonly body: object
}

export interface Notifier {
  /** False while nothing can be sent. */
  readonly ready: boolean
  /** Resolves when the broker has it. */
  send(message: Outside): Promise<void>
  close(): Promise<void>
}

/** Milliseconds between two tries to get a channel. */
const pauseMs = 1000

/** The exchange of the settings, or the deployment's own. */
export const exchangeOf = (settings: NotificationSettings, bus: Pick<BusSettings, 'prefix'>): string =>
  settings.exchange === '' ? namesOf(bus.prefix).notifications : settings.exchange

/** Connects in the background, for ever. */
export function openNotifier(
  settings: NotificationSettings,
  bus: BusSettings,
  { log }: Pick<BusParts, 'log'>,
): Notifier {
  const url = settings.url === '' ? bus.url : settings.url
  if (!/^amqps?:\/\//.test(url)) {
    throw new Error('notifications need a broker: set notifications.url or bus.url to amqp://… or amqps://…')
  }
  const hosts = settings.url === '' ? bus.hosts : []
  const connection = connectTo({ ...bus, url, hosts }, 'manila-notifications')
  const exchange = exchangeOf(settings, bus)
  let channel: Channel | null = null
  let retry: NodeJS.Timeout | undefined
  let closed = false
  let exchangeThere = false

  const open = async (): Promise<void> => {
    const fresh = await connection.acquire({ emitErrorsFromChannel: true })
    fresh.on('error', (error: unknown) =>
      log.warn({ err: error, exchange }, 'the broker refused a notification'),
    )
    fresh.on('close', () => {
      if (channel === fresh) channel = null
      openLater()
    })
    await declare(fresh)
    await fresh.confirmSelect()
    channel = fresh
  }
  const declare = async (fresh: Channel): Promise<void> => {
    try {
      await fresh.exchangeDeclare(
        exchangeThere ? { exchange, passive: true } : { exchange, type: 'topic', durable: true },
      )
    } catch (error) {
      // A listener made it with other properties: taken as it is, on the next channel.
      exchangeThere = error instanceof Error && 'code' in error && error.code === 'PRECONDITION_FAILED'
      throw error
    }
    for (const queue of settings.queues) {
      await fresh.queueDeclare({
        queue,
        durable: true,
        arguments: {
          'x-queue-type': 'quorum',
          'x-max-length': settings.queue_max_length,
          'x-overflow': 'reject-publish',
        },
      })
      await fresh.queueBind({ exchange, queue, routingKey: '#' })
    }
  }
  const tryOpen = (): void => {
    if (closed || channel !== null) return
    open().catch((error: unknown) => {
      log.warn({ err: error, exchange }, 'notifications can not be sent at the moment')
      openLater()
    })
  }
  const openLater = (): void => {
    if (closed || !connection.ready) return
    clearTimeout(retry)
    retry = setTimeout(tryOpen, pauseMs)
    retry.unref()
  }

  connection.on('connection', () => {
    log.info({ broker: withoutPassword(url), exchange }, 'notifications: connected to the broker')
    tryOpen()
  })
  connection.on('error', (error: unknown) => {
    if (!closed)
      log.warn({ err: error }, 'notifications: no connection to the broker; events wait in the database')
  })
  return {
    get ready() {
      return channel?.active === true
    },
    async send({ routingKey, messageId, type, body }) {
      if (channel === null) throw new Error('the broker is not reachable')
      await channel.basicPublish(
        { exchange, routingKey, messageId, type, durable: true, appId: 'manila' },
        body,
      )
    },
    async close() {
      closed = true
      clearTimeout(retry)
      const gone = channel?.close() ?? Promise.resolve()
      await Promise.race([gone, new Promise((resolve) => setTimeout(resolve, 1000).unref())])
      connection.unsafeDestroy()
    },
  }
}
