/**
 * One private RabbitMQ for a whole test run, because it takes 8 s to start: whoever runs the suite starts it when somebody first
 * asks, and ends it. Each deployment takes a virtual host of its own. Tests that kill a broker start one for themselves.
 */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { startRabbitMq, type RabbitMq } from '../../tools/programs/rabbitmq.ts'

const variable = 'TEST_BROKER'

/** Vitest's global set-up, and what `npm test` calls for all its runs: answers their wishes until they are over. */
export async function setup(): Promise<(() => Promise<void>) | undefined> {
  // Somebody above does it.
  if (process.env[variable] !== undefined) return undefined
  let broker: Promise<RabbitMq> | null = null
  const server = createServer((_request, reply) => {
    broker ??= startRabbitMq()
    broker
      .then(({ vhost }) => vhost())
      .then(({ url }) => reply.end(JSON.stringify({ url })))
      .catch((error: unknown) => reply.end(JSON.stringify({ error: String(error) })))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  process.env[variable] = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return async () => {
    server.close()
    server.closeAllConnections()
    await (await broker)?.end()
  }
}

/** The URL of a fresh virtual host; throws when there is no broker to start. */
export async function freshVhost(): Promise<string> {
  const asked = process.env[variable]
  if (asked === undefined) throw new Error('only for tests of a project with this set-up')
  const { url, error } = (await (await fetch(asked)).json()) as { url?: string; error?: string }
  if (url === undefined) throw new Error(error)
  return url
}
