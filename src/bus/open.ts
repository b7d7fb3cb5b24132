/** The bus that the settings name. */
import type { BusSettings } from '../config/schema.ts'
import { amqpBus, type AmqpParts } from './amqp.ts'
import type { Bus } from './bus.ts'
import { memoryBus } from './memory.ts'

/**
 * Never waits for a broker: with `amqp://` the connection is made in the background, and made again for ever. Throws a
 * sentence when the settings can't be right.
 */
export function openBus(settings: BusSettings, parts: AmqpParts): Bus {
  if (settings.url === 'memory:') {
    return memoryBus((error) => parts.log.error({ err: error }, 'a message handler failed'), parts)
  }
  if (!/^amqps?:\/\//.test(settings.url)) {
    throw new Error('bus.url is memory:, amqp://… or amqps://…')
  }
  if (!/^[A-Za-z0-9_-]{1,60}$/.test(settings.prefix)) {
    throw new Error('bus.prefix is letters, digits, - and _, at most 60')
  }
  return amqpBus(settings, parts)
}
