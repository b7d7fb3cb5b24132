/**
 * Sends with publisher confirms and never makes anybody wait. While the broker can't take messages they are kept within
 * bounds, the oldest going first; the same message to the same place is kept once, since all it says is "look".
 */
import type { Channel, Connection } from 'rabbitmq-client'
import type { BusEvent, BusParts } from '../bus.ts'
import { declareExchanges, deadLetterQueue, type Names } from './topology.ts'
import type { BusSettings } from '../../config/schema.ts'

export interface Outgoing {
  readonly exchange: string
  readonly routingKey: string
  readonly name: string
  readonly body: object | Buffer
  readonly properties: Readonly<Record<string, unknown>>
  /** Survives a restart of the broker. */
  readonly durable: boolean
  /** Kept while the broker is down; answers and calls are worthless later. */
  readonly buffered: boolean
  /** Comes back to `onReturn` when no queue takes it. */
  readonly mandatory?: boolean
}

/** Sent and not confirmed; more means that the broker is stuck, and the rest waits here instead of in the socket. */
const maxUnconfirmed = 1000
/** Milliseconds before another try after the broker closed the channel over something it refused. */
const pauseMs = 1000

export class Sender {
  readonly #connection: Connection
  readonly #settings: BusSettings
  readonly #names: Names
  readonly #parts: BusParts
  readonly #onReturn: (correlationId: string) => void
  readonly #kept = new Map<string, Outgoing>()
  #channel: Channel | null = null
  #opening: Promise<void> | null = null
  #retry: NodeJS.Timeout | undefined
  #unconfirmed = 0
  #blocked = false
  #deadLettersThere = false
  #closed = false

  constructor(
    connection: Connection,
    settings: BusSettings,
    names: Names,
    parts: BusParts,
    onReturn: (correlationId: string) => void,
  ) {
    this.#onReturn = onReturn
    this.#connection = connection
    this.#settings = settings
    this.#names = names
    this.#parts = parts
    connection.on('connection', () => {
      this.#blocked = false
      this.#open()
    })
    // The broker is out of memory or disk: what is sent now would pile up in the socket.
    connection.on('connection.blocked', (reason) => {
      this.#blocked = true
      parts.log.warn({ reason }, 'the broker takes no messages for now')
    })
    connection.on('connection.unblocked', () => {
      this.#blocked = false
      this.#flush()
    })
  }

  /** Whether a message given now leaves now. */
  get ready(): boolean {
    return this.#channel?.active === true && !this.#blocked && this.#unconfirmed < maxUnconfirmed
  }

  /** False when it was neither sent nor kept. */
  send(message: Outgoing): boolean {
    if (this.#closed) return false
    if (!this.ready) return this.#putBy(message)
    void this.#publish(message)
    return true
  }

  /** Resolves when the broker has it; rejects when it does not take it now. */
  async confirmed(message: Outgoing): Promise<void> {
    if (!this.ready) throw new Error('the broker is not reachable')
    const failure = await this.#publish({ ...message, buffered: false })
    if (failure !== null) throw failure
  }

  /** Waits at most `graceMs` for confirmations, and ends. */
  async close(graceMs: number): Promise<void> {
    const until = performance.now() + graceMs
    while (this.ready && this.#unconfirmed > 0 && performance.now() < until)
      await new Promise((resolve) => setTimeout(resolve, 5))
    this.#closed = true
    clearTimeout(this.#retry)
    await this.#channel?.close()
  }

  #open(): void {
    if (this.#closed || this.#opening !== null || this.#channel?.active === true) return
    this.#opening = this.#openChannel()
      .catch((error: unknown) =>
        this.#parts.log.warn({ err: error }, 'the broker gives no channel to send on'),
      )
      .finally(() => {
        this.#opening = null
        if (this.#channel?.active !== true) this.#openLater()
      })
  }

  async #openChannel(): Promise<void> {
    const channel = await this.#connection.acquire({ emitErrorsFromChannel: true })
    channel.on('error', (error) => this.#parts.log.warn({ err: error }, 'the broker refused a message'))
    channel.on('close', () => {
      if (this.#channel === channel) this.#channel = null
      this.#openLater()
    })
    channel.on('basic.return', ({ correlationId }) => this.#onReturn(correlationId ?? ''))
    await declareExchanges(channel, this.#names)
    await this.#declareDeadLetters(channel)
    await channel.queueBind({ exchange: this.#names.dead, queue: this.#names.deadLetters, routingKey: '' })
    await channel.confirmSelect()
    this.#channel = channel
    this.#flush()
  }

  async #declareDeadLetters(channel: Channel): Promise<void> {
    const queue = this.#names.deadLetters
    try {
      const as = this.#deadLettersThere
        ? { queue, passive: true }
        : deadLetterQueue(this.#settings, this.#names)
      await channel.queueDeclare(as)
    } catch (error) {
      // It has other limits, from before the settings changed: taken as it is, on the next channel.
      this.#deadLettersThere =
        error instanceof Error && 'code' in error && error.code === 'PRECONDITION_FAILED'
      throw error
    }
  }

  #openLater(): void {
    if (this.#closed || !this.#connection.ready) return
    clearTimeout(this.#retry)
    this.#retry = setTimeout(() => this.#open(), pauseMs)
    this.#retry.unref()
  }

  async #publish(message: Outgoing): Promise<Error | null> {
    const channel = this.#channel!
    const { exchange, routingKey, durable, mandatory = false, properties, body, name } = message
    this.#unconfirmed++
    try {
      await channel.basicPublish({ ...properties, exchange, routingKey, durable, mandatory }, body)
      this.#count('confirmed', name)
      return null
    } catch (error) {
      // Whether it arrived is unknown; sent again it does no harm.
      if (channel.active) this.#count('dropped', name)
      else this.#putBy(message)
      return error instanceof Error ? error : new Error(String(error))
    } finally {
      this.#unconfirmed--
      if (this.#kept.size > 0) this.#flush()
    }
  }

  #putBy(message: Outgoing): boolean {
    const { buffered, exchange, routingKey, name, body } = message
    if (!buffered || this.#settings.buffer === 0) {
      this.#count('dropped', name)
      return false
    }
    const key = `${exchange} ${routingKey} ${name} ${Buffer.isBuffer(body) ? body.toString('base64') : JSON.stringify(body)}`
    this.#kept.delete(key)
    this.#kept.set(key, message)
    if (this.#kept.size > this.#settings.buffer) {
      const [oldest] = this.#kept
      this.#kept.delete(oldest![0])
      this.#count('dropped', oldest![1].name)
    }
    return true
  }

  #flush(): void {
    for (const [key, message] of this.#kept) {
      if (!this.ready) return
      this.#kept.delete(key)
      void this.#publish(message)
    }
  }

  #count(event: BusEvent, name: string): void {
    this.#parts.observe?.({ event, name })
  }
}
