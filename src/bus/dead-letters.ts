/** What was put aside because nobody understood it: looked at, sent again, or thrown away by an operator. */
import type { Channel, SyncMessage } from 'rabbitmq-client'
import type { BusSettings } from '../config/schema.ts'
import { connectTo } from './amqp/connection.ts'
import { deadLetterQueue, declareExchanges, namesOf } from './amqp/topology.ts'

export interface DeadLetter {
  readonly messageId: string
  readonly type: string | null
  readonly from: string | null
  readonly why: string
  readonly at: string
  readonly routingKey: string
  /** As it came, at most 2,000 characters. */
  readonly body: string
}

export type Fate = 'kept' | 'requeued' | 'dropped'

/** Milliseconds for the broker to answer. */
const patienceMs = 10_000

/**
 * Goes through what was put aside, oldest first, and does with each what `decide` says: put back where it came from, thrown
 * away, or kept. Throws when the broker can't be reached.
 */
export async function sortDeadLetters(
  settings: BusSettings,
  decide: (letter: DeadLetter) => Fate,
): Promise<readonly (DeadLetter & { readonly fate: Fate })[]> {
  const names = namesOf(settings.prefix)
  const connection = connectTo(settings, 'manila-manage')
  let last: unknown
  connection.on('error', (error: unknown) => (last = error))
  try {
    await connection.onConnect(patienceMs).catch((error: unknown) => {
      throw new Error(`the broker can't be reached: ${reason(last ?? error)}`, { cause: last ?? error })
    })
    const channel = await connection.acquire({ emitErrorsFromChannel: true })
    channel.on('error', (error: unknown) => (last = error))
    await declareExchanges(channel, names)
    const { messageCount } = await channel.queueDeclare(deadLetterQueue(settings, names))
    await channel.confirmSelect()
    const sorted: (DeadLetter & { readonly fate: Fate })[] = []
    for (let taken = 0; taken < messageCount; taken++) {
      const message = await channel.basicGet({ queue: names.deadLetters, noAck: false })
      if (message === undefined) break
      const letter = read(message)
      const fate = decide(letter)
      if (fate === 'requeued') await sendAgain(channel, message)
      if (fate !== 'kept') channel.basicAck({ deliveryTag: message.deliveryTag })
      sorted.push({ ...letter, fate })
    }
    // What was not acknowledged goes back to its place.
    await channel.close()
    return sorted
  } finally {
    connection.unsafeDestroy()
  }
}

function read(message: SyncMessage): DeadLetter {
  const headers = message.headers ?? {}
  const said = (value: unknown): string => (typeof value === 'string' ? value : '')
  const body: unknown = message.body
  const text = Buffer.isBuffer(body)
    ? body.toString()
    : typeof body === 'string'
      ? body
      : JSON.stringify(body)
  return {
    messageId: message.messageId ?? '',
    type: message.type ?? null,
    from: message.appId ?? null,
    why: said(headers.dead_why),
    at: said(headers.dead_at),
    routingKey: said(headers.dead_routing_key),
    body: (text ?? '').slice(0, 2000),
  }
}

async function sendAgain(channel: Channel, message: SyncMessage): Promise<void> {
  const headers = Object.fromEntries(
    Object.entries(message.headers ?? {}).filter(([name]) => !name.startsWith('dead_')),
  )
  const { type, messageId, appId, contentType, body } = message
  const raw: unknown = body
  await channel.basicPublish(
    {
      type,
      messageId,
      appId,
      headers,
      durable: true,
      contentType,
      exchange: String(message.headers?.dead_exchange ?? ''),
      routingKey: String(message.headers?.dead_routing_key ?? ''),
    },
    Buffer.isBuffer(raw) ? raw : Buffer.from(typeof raw === 'string' ? raw : JSON.stringify(raw)),
  )
}

const reason = (error: unknown): string => (error instanceof Error ? error.message : String(error))
