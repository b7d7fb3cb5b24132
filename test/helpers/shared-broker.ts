/**
 * One private RabbitMQ for the whole test run, because it takes 8 s to start: the process that runs the suite starts it when
 * the first test file asks, and ends it. Each file takes a virtual host of its own. Whoever kills or pauses it leaves it running.
 */
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { hasProgram } from '../../src/parts/packages.ts'
import { rabbitmqNeed, startRabbitMq, type RabbitMq } from '../../src/parts/rabbitmq.ts'

const variable = 'TEST_BROKER'

/** Null when it can be started; else why not. */
export const noBroker: string | null = hasProgram(rabbitmqNeed.program)
  ? null
  : `${rabbitmqNeed.debianPackage} is not installed`

type Verb = 'define' | 'vhost' | 'ctl' | 'kill' | 'pause' | 'resume' | 'start'
export type SharedBroker = Pick<RabbitMq, Verb | 'port' | 'tls' | 'url'>

/** Vitest's global set-up: answers the test files' wishes until the run is over. */
export async function setup(): Promise<(() => Promise<void>) | undefined> {
  // Projects of one run share it.
  if (process.env[variable] !== undefined) return undefined
  let broker: Promise<RabbitMq> | null = null
  const server = createServer((request, reply) => {
    answer(request)
      .then((value) => reply.end(JSON.stringify({ value })))
      .catch((error: unknown) => reply.end(JSON.stringify({ error: String(error) })))
  })
  const answer = async (request: IncomingMessage): Promise<unknown> => {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk as Buffer)
    const [verb, ...args] = JSON.parse(Buffer.concat(chunks).toString()) as [string, ...never[]]
    broker ??= startRabbitMq({ tls: true })
    const running = await broker
    if (verb === 'about') return { port: running.port, tls: running.tls }
    const value = await (running[verb as Verb] as (...args: never[]) => unknown)(...args)
    return value instanceof Map ? [...value] : (value ?? null)
  }
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  process.env[variable] = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return async () => {
    server.close()
    server.closeAllConnections()
    await (await broker)?.end()
  }
}

/** Starts it if nobody has; throws when it can't be started. */
export async function sharedBroker(): Promise<SharedBroker> {
  const url = process.env[variable]
  if (url === undefined) throw new Error('only for tests of a project with this set-up')
  const ask = async <T>(...wish: readonly unknown[]): Promise<T> => {
    const reply = await fetch(url, { method: 'POST', body: JSON.stringify(wish) })
    const { value, error } = (await reply.json()) as { value: T; error?: string }
    if (error !== undefined) throw new Error(error)
    return value
  }
  const { port, tls } = await ask<Pick<RabbitMq, 'port' | 'tls'>>('about')
  const login = (user: string, password: string): string =>
    `${encodeURIComponent(user)}:${encodeURIComponent(password)}`
  return {
    port,
    tls,
    url: (user, password, vhost) => `amqp://${login(user, password)}@127.0.0.1:${port}/${vhost}`,
    define: async (users) => new Map(await ask<[string, string][]>('define', users)),
    vhost: () => ask('vhost'),
    ctl: (...argv) => ask('ctl', ...argv),
    kill: () => ask('kill'),
    start: () => ask('start'),
    pause: () => void ask('pause'),
    resume: () => void ask('resume'),
  }
}
