/**
 * The bus between processes, over RabbitMQ. It promises that no caller ever waits for the broker or fails because of it:
 * messages are kept within bounds or dropped while it is away, and everybody looks at the database when it is back. What
 * can't be understood is put aside where an operator finds it. It refuses to know what a message means.
 */
import { randomUUID } from 'node:crypto'
import { ConsumerStatus, type AsyncMessage, type Consumer, type ConsumerProps } from 'rabbitmq-client'
import type { BusSettings } from '../config/schema.ts'
import { Answering } from './amqp/answering.ts'
import { connectTo, withoutPassword } from './amqp/connection.ts'
import { Declaring } from './amqp/declaring.ts'
import { understand } from './amqp/incoming.ts'
import { Sender } from './amqp/sender.ts'
import { callQueue, exchangesOf, namesOf, processQueue, workQueue } from './amqp/topology.ts'
import { WaitingCalls } from './amqp/waiting-calls.ts'
import { CallFailed, type Bus, type BusParts, type BusState, type Envelope, type Stamped } from './bus.ts'
import { Handlers } from './handlers.ts'
import { calls, messages, type CallName, type MessageName } from './messages.ts'

/** Milliseconds within which several reasons to look are one. */
const gatherMs = 50
/** Milliseconds that the last messages get to be confirmed at a clean end. */
const graceMs = 2000

export interface AmqpParts extends BusParts {
  /** `manila-api`…: names the connection and the process's own queue, for permissions. */
  readonly service: string
}

/** Returns at once; the connection is made in the background, for ever. Throws when a certificate file can't be read. */
export function amqpBus(settings: BusSettings, parts: AmqpParts): Bus {
  return new AmqpBus(settings, parts).face()
}

class AmqpBus {
  readonly #settings: BusSettings
  readonly #parts: AmqpParts
  readonly #names
  readonly #connection
  readonly #sender: Sender
  readonly #handlers: Handlers
  readonly #answering: Answering
  readonly #calls = new WaitingCalls()
  /** The shared queues that are consumed, with the number of handlers that need each. */
  readonly #joined = new Map<string, { consumer: Consumer; users: number }>()
  readonly #ownQueue: string
  readonly #bindings: { exchange: string; queue: string; routingKey: string }[] = []
  #own: Consumer | null = null
  #ownReady = false
  #state: BusState
  #gap: NodeJS.Timeout | undefined
  #closed = false

  constructor(settings: BusSettings, parts: AmqpParts) {
    this.#settings = settings
    this.#parts = parts
    this.#names = namesOf(settings.prefix)
    this.#ownQueue = this.#names.processQueue(parts.service, randomUUID())
    this.#handlers = new Handlers((error) => parts.log.error({ err: error }, 'a message handler failed'))
    this.#answering = new Answering(this.#handlers)
    this.#state = { kind: 'amqp', state: 'down', since: parts.now(), reason: 'not connected yet' }
    this.#connection = connectTo(settings, parts.service)
    this.#connection.on('connection', () => this.#connected())
    this.#connection.on('error', (error: unknown) => this.#lost(error))
    this.#sender = new Sender(this.#connection, settings, this.#names, parts, (id) =>
      this.#calls.refuse(id, new CallFailed('refused', 'nobody answers there')),
    )
  }

  face(): Bus {
    return {
      cast: (topic, name, message, stamped) => this.#cast(topic, name, message, stamped),
      serve: (topic, name, handler) => {
        const remove = this.#handlers.add(topic, name, handler)
        const leave = messages[name].delivery === 'one' ? this.#join('work', topic) : this.#joinFanout(topic)
        return once(() => {
          remove()
          leave()
        })
      },
      call: (topic, name, request, options) => this.#call(topic, name, request, options) as Promise<never>,
      answer: (topic, name, handler) => {
        const remove = this.#handlers.addAnswer(topic, name, handler)
        const leave = this.#join('calls', topic)
        return once(() => {
          remove()
          leave()
        })
      },
      onGap: (look) => this.#handlers.addLook(look),
      state: () => this.#state,
      close: () => this.#close(),
    }
  }

  #cast(topic: string, name: MessageName, message: object, stamped: Stamped = {}): void {
    this.#parts.observe?.({ event: 'published', name })
    const { delivery, version } = messages[name]
    this.#sender.send({
      exchange: delivery === 'one' ? this.#names.work : this.#names.fanout,
      routingKey: topic,
      name,
      body: message,
      properties: this.#properties(topic, name, version, stamped),
      // What it says is in the database: nothing is worth a disk.
      durable: false,
      buffered: true,
    })
  }

  #properties(topic: string, name: string, version: number, stamped: Stamped) {
    const traceparent = stamped.traceparent ?? this.#parts.traceparent?.() ?? null
    return {
      type: name,
      messageId: randomUUID(),
      appId: this.#parts.service,
      headers: {
        version,
        topic,
        ...(typeof stamped.requestId === 'string' ? { request_id: stamped.requestId } : {}),
        ...(traceparent === null ? {} : { traceparent }),
      },
    }
  }

  #call(
    topic: string,
    name: CallName,
    request: object,
    { deadlineMs, ...stamped }: { readonly deadlineMs: number } & Stamped,
  ): Promise<object> {
    this.#startOwn()
    this.#parts.observe?.({ event: 'published', name })
    return this.#calls.start(`${topic} ${name}`, deadlineMs, async (correlationId) => {
      // Just started: the queue for the answers is about to be there.
      while (!this.#ownReady && this.#state.state === 'connected' && !this.#closed) await pause(10)
      if (!this.#calls.waits(correlationId)) return
      await this.#sender.confirmed({
        exchange: this.#names.calls,
        routingKey: topic,
        name,
        body: request,
        properties: {
          ...this.#properties(topic, name, calls[name].version, stamped),
          correlationId,
          replyTo: this.#ownQueue,
          // Nobody waits for the answer any longer than this.
          expiration: String(Math.max(1, Math.round(deadlineMs))),
        },
        durable: false,
        buffered: false,
        mandatory: true,
      })
    })
  }

  /** Consumes the topic's queue as long as somebody here serves it. */
  #join(kind: 'work' | 'calls', topic: string): () => void {
    const key = `${kind} ${topic}`
    const found = this.#joined.get(key)
    if (found !== undefined) found.users++
    else this.#joined.set(key, { consumer: this.#consume(kind, topic), users: 1 })
    return () => {
      const one = this.#joined.get(key)
      if (one === undefined || --one.users > 0) return
      this.#joined.delete(key)
      one.consumer
        .close()
        .catch((error: unknown) => this.#parts.log.warn({ err: error }, 'a queue was not left'))
    }
  }

  #consume(kind: 'work' | 'calls', topic: string): Consumer {
    const queue = kind === 'work' ? this.#names.workQueue(topic) : this.#names.callQueue(topic)
    const wanted = (kind === 'work' ? workQueue : callQueue)(this.#settings, queue)
    const declaring = new Declaring()
    const properties: ConsumerProps = {
      queue,
      queueOptions: {
        ...wanted,
        // Read once at each try.
        get passive() {
          return declaring.passive
        },
      },
      exchanges: exchangesOf(this.#names),
      queueBindings: [{ exchange: this.#names[kind], queue, routingKey: topic }],
      qos: { prefetchCount: this.#settings.prefetch },
    }
    const consumer = this.#connection.createConsumer(properties, (message) => this.#receive(message, 'one'))
    consumer.on('ready', () => {
      if (declaring.succeeded())
        this.#parts.log.warn({ queue }, 'the queue has other limits than the settings: taking it as it is')
    })
    return this.#watch(consumer, queue)
  }

  /** The process's own queue hears the topic from now on; hearing more than one needs does no harm. */
  #joinFanout(topic: string): () => void {
    this.#startOwn()
    if (!this.#bindings.some(({ routingKey }) => routingKey === topic)) {
      const binding = { exchange: this.#names.fanout, queue: this.#ownQueue, routingKey: topic }
      this.#bindings.push(binding)
      if (this.#ownReady) this.#bind(binding)
    }
    return () => {}
  }

  #startOwn(): void {
    if (this.#own !== null || this.#closed) return
    this.#bindings.push({ exchange: this.#names.replies, queue: this.#ownQueue, routingKey: this.#ownQueue })
    this.#own = this.#connection.createConsumer(
      {
        queue: this.#ownQueue,
        queueOptions: processQueue(this.#settings, this.#ownQueue),
        exchanges: exchangesOf(this.#names),
        // Read at each connection, so topics that came later are bound again.
        queueBindings: this.#bindings,
        // It goes with this process: nobody else could be given what it had not acknowledged.
        noAck: true,
      },
      (message) => this.#receive(message, 'all'),
    )
    this.#own.on('ready', () => {
      this.#ownReady = true
      // Some may have come while it was set up.
      for (const binding of this.#bindings) this.#bind(binding)
    })
    this.#watch(this.#own, this.#ownQueue)
  }

  #bind(binding: { exchange: string; queue: string; routingKey: string }): void {
    this.#connection
      .queueBind(binding)
      .catch((error: unknown) => this.#parts.log.warn({ err: error, ...binding }, 'a topic is not heard yet'))
  }

  #watch(consumer: Consumer, queue: string): Consumer {
    consumer.on('ready', () => this.#lookSoon())
    consumer.on('error', (error: unknown) => {
      if (!this.#closed && this.#state.state === 'connected') {
        this.#parts.log.warn({ err: error, queue }, 'a queue is not served at the moment')
      }
    })
    return consumer
  }

  /** Never throws: what is wrong with a message must not come back. */
  async #receive(message: AsyncMessage, to: 'one' | 'all'): Promise<ConsumerStatus> {
    if (message.exchange === this.#names.replies) {
      this.#calls.end(message.correlationId ?? '', message.body)
      return ConsumerStatus.ACK
    }
    const incoming = understand(message)
    if (!incoming.ok) {
      await this.#putAside(message, incoming.why)
      return ConsumerStatus.ACK
    }
    const { topic, name, body, envelope } = incoming
    if (Object.hasOwn(calls, name)) {
      this.#parts.observe?.({ event: 'delivered', name })
      void this.#answer(message, topic, name as CallName, body, envelope)
      return ConsumerStatus.ACK
    }
    const reached = this.#handlers.deliver(topic, name as MessageName, to, body, envelope)
    if (reached > 0) this.#parts.observe?.({ event: 'delivered', name })
    return ConsumerStatus.ACK
  }

  async #answer(
    { replyTo, correlationId }: AsyncMessage,
    topic: string,
    name: CallName,
    request: object,
    envelope: Envelope,
  ): Promise<void> {
    if (replyTo === undefined || correlationId === undefined) return
    const reply = await this.#answering.answer(topic, name, request, envelope)
    this.#sender.send({
      exchange: this.#names.replies,
      routingKey: replyTo,
      name,
      body: reply,
      properties: { type: `${name}.reply`, correlationId, appId: this.#parts.service },
      durable: false,
      buffered: false,
    })
  }

  async #putAside(message: AsyncMessage, why: string): Promise<void> {
    const { log, observe } = this.#parts
    log.warn({ message_id: message.messageId, from: message.appId, why }, 'a message was put aside')
    observe?.({ event: 'dead-lettered', name: 'unknown' })
    const raw: unknown = message.body
    try {
      await this.#sender.confirmed({
        exchange: this.#names.dead,
        routingKey: '',
        name: 'unknown',
        body: Buffer.isBuffer(raw) ? raw : Buffer.from(typeof raw === 'string' ? raw : JSON.stringify(raw)),
        properties: {
          type: message.type,
          messageId: message.messageId,
          appId: message.appId,
          contentType: message.contentType,
          headers: {
            ...message.headers,
            dead_why: why,
            dead_at: new Date().toISOString(),
            dead_by: this.#parts.service,
            dead_exchange: message.exchange,
            dead_routing_key: message.routingKey,
          },
        },
        durable: true,
        buffered: false,
      })
    } catch (error) {
      log.warn(
        { err: error, message_id: message.messageId },
        'the message is lost: it could not be put aside',
      )
    }
  }

  #connected(): void {
    this.#state = { kind: 'amqp', state: 'connected', since: this.#parts.now(), reason: null }
    this.#parts.log.info({ broker: withoutPassword(this.#settings.url) }, 'connected to the broker')
    this.#lookSoon()
  }

  #lost(error: unknown): void {
    if (this.#closed) return
    const reason = error instanceof Error ? error.message : String(error)
    // An error of a channel leaves the connection as it is.
    if (this.#connection.ready) {
      this.#parts.log.warn({ err: error }, 'the broker refused something')
      return
    }
    const since = this.#state.state === 'down' ? this.#state.since : this.#parts.now()
    this.#state = { kind: 'amqp', state: 'down', since, reason }
    this.#ownReady = false
    this.#calls.endAll('the connection to the broker was lost')
    this.#parts.log.warn(
      { err: error },
      'no connection to the broker: work goes on, it is found a little later',
    )
  }

  #lookSoon(): void {
    if (this.#gap !== undefined || this.#closed) return
    this.#gap = setTimeout(() => {
      this.#gap = undefined
      this.#handlers.look()
    }, gatherMs)
    this.#gap.unref()
  }

  async #close(): Promise<void> {
    if (this.#closed) return
    this.#closed = true
    clearTimeout(this.#gap)
    this.#calls.endAll('the process ends')
    const consumers = [...this.#joined.values()].map(({ consumer }) => consumer)
    if (this.#own !== null) consumers.push(this.#own)
    this.#handlers.clear()
    const gently = async (): Promise<void> => {
      await Promise.allSettled(consumers.map((one) => one.close()))
      await this.#sender.close(graceMs)
      await this.#connection.close()
    }
    if (!this.#connection.ready) {
      this.#connection.unsafeDestroy()
      return
    }
    let timer: NodeJS.Timeout | undefined
    const late = new Promise<void>((resolve) => (timer = setTimeout(resolve, 2 * graceMs)))
    await Promise.race([gently().catch(() => {}), late])
    clearTimeout(timer)
    this.#connection.unsafeDestroy()
  }
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

/** Only the first call does something. */
function once(work: () => void): () => void {
  let done = false
  return () => {
    if (done) return
    done = true
    work()
  }
}
