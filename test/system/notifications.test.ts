/**
 * Notifications on a real broker: a listener gets exactly the events of a share's life, in order; with the service killed and the
 * broker killed under load he misses none, and no request is refused for it.
 */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Connection, type AsyncMessage } from 'rabbitmq-client'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { quiet } from '../faults/every-step.ts'
import { startLoad } from '../faults/load.ts'
import { openWorld, until, type World } from '../faults/world.ts'
import { hasProgram } from '../../tools/programs/packages.ts'
import { rabbitmqNeed, startRabbitMq, type RabbitMq } from '../../tools/programs/rabbitmq.ts'

const dir = mkdtempSync(join(tmpdir(), 'notifications-'))
afterAll(() => rmSync(dir, { recursive: true, force: true }))

let broker: RabbitMq
const ends: (() => unknown)[] = []
afterEach(async () => {
  for (const end of ends.splice(0).toReversed()) await end()
})

interface Heard {
  readonly id: string
  readonly key: string
  readonly body: Record<string, any>
}

/** Takes everything from `queue`, as billing would. */
function listen(url: string, queue: string): Heard[] {
  const heard: Heard[] = []
  const connection = new Connection({ url, retryLow: 200, retryHigh: 1000, noDelay: true })
  connection.on('error', () => {})
  const take = ({ messageId, routingKey, body }: AsyncMessage): void =>
    void heard.push({ id: messageId ?? '', key: routingKey, body: body as Record<string, any> })
  const consumer = connection.createConsumer({ queue, queueOptions: { passive: true, queue } }, take)
  consumer.on('error', () => {})
  ends.push(() => connection.unsafeDestroy())
  return heard
}

async function world(
  name: string,
  changes: Record<string, unknown> = {},
): Promise<{ world: World; url: string }> {
  const { url } = await broker.vhost()
  const here = join(dir, name)
  mkdirSync(here)
  const notifications = {
    enabled: true,
    queues: ['billing'],
    backlog_s: 60,
    exists_interval_s: 0,
    ...changes,
  }
  return { url, world: await openWorld('sim', here, 400, { bus: { url, reconnect_s: 1 }, notifications }) }
}

describe.skipIf(!hasProgram(rabbitmqNeed.program))('notifications over RabbitMQ (rabbitmq-server)', () => {
  beforeAll(async () => {
    broker = await startRabbitMq()
  })
  afterAll(() => broker?.end())

  test('tell the life of a share in order, and that it exists', async () => {
    const { world: one, url } = await world('life', { exists_interval_s: 2 })
    const running = await one.start()
    ends.push(() => running.kill())
    const heard = listen(url, 'billing')
    const { body } = await one.call('POST', '/shares', {
      share: { share_proto: 'NFS', size: 1, name: 'mine' },
    })
    const id = body.share.id as string
    const act = (name: string, input: object) => one.call('POST', `/shares/${id}/action`, { [name]: input })
    const available = () =>
      until('available', 20_000, async () => {
        const { body } = await one.call('GET', `/shares/${id}`)
        return body.share.status === 'available' && body.share.access_rules_status === 'active'
      })
    await available()
    await act('extend', { new_size: 3 })
    await available()
    await act('allow_access', { access_type: 'ip', access_to: '10.0.0.1', access_level: 'rw' })
    await available()
    await act('shrink', { new_size: 2 })
    await available()
    // Each period has one; those before the shrink tell what was true then.
    const exists = await until('an audit', 20_000, async () =>
      heard.find(({ key, body }) => key === 'share.exists' && body.payload.size === 2),
    )
    await one.call('DELETE', `/shares/${id}`)
    await until('the end', 20_000, async () => heard.some(({ key }) => key === 'share.delete.end'))

    const told = heard.filter(({ key }) => !key.startsWith('service.') && key !== 'share.exists')
    expect(told.map(({ key }) => key)).toEqual([
      'share.create.start',
      'share.create.end',
      'share.extend.start',
      'share.extend.end',
      'access.allow.start',
      'access.apply.end',
      'share.shrink.start',
      'share.shrink.end',
      'share.delete.start',
      'share.delete.end',
    ])
    const sizeOf = (key: string): unknown => told.find((one) => one.key === key)?.body.payload.size
    expect([sizeOf('share.create.end'), sizeOf('share.extend.end'), sizeOf('share.shrink.end')]).toEqual([
      1, 3, 2,
    ])
    expect(told[1]?.body).toMatchObject({
      version: 1,
      event_type: 'share.create.end',
      publisher_id: 'share.node@alpha',
      payload: {
        share_id: id,
        name: 'mine',
        proto: 'NFS',
        status: 'available',
        host: one.pool,
        share_type: 'default',
      },
    })
    expect(told[0]?.body.request_id).toMatch(/^req-/)
    expect(exists.body.payload).toMatchObject({ share_id: id })
    expect(exists.body.payload.audit_period_ending).toMatch(/^\d{4}-/)
  })

  test('miss nothing when the service and the broker are killed, and no request is refused for it', async () => {
    const { world: one, url } = await world('killed')
    const journal = join(dir, 'killed', 'journal.jsonl')
    let running = await one.start()
    ends.push(() => running.kill())
    const heard = listen(url, 'billing')
    const load = startLoad(one, journal, { clients: 4, seed: Date.now() })
    const accepted = () => Object.values(load.accepted()).reduce((sum, count) => sum + count, 0)
    const atLeast = (count: number) =>
      until(`${count} accepted requests`, 60_000, async () => accepted() >= count)
    for (let kills = 1; kills <= 3; kills++) {
      await atLeast(20 * kills)
      await running.kill()
      running = await one.start()
    }
    await broker.kill()
    const before = accepted()
    const admin = await running.connect('manila-admin')
    try {
      await atLeast(before + 30)
      const { status } = await fetch(`${running.url}/healthcheck`)
      const { body } = await admin.besideApi('healthcheck')
      const metrics = await (await fetch(running.metricsUrl)).text()
      expect(status).toBe(200)
      expect(body).toMatchObject({ status: 'ok', serves_shares: true, bus: { kind: 'amqp', state: 'down' } })
      expect(metrics).toContain('\nmanila_bus_connected 0\n')
      await load.stop()
    } finally {
      await broker.start()
    }
    await until('the bus is back', 20_000, async () => {
      const { body } = await admin.besideApi('healthcheck')
      return (body as any).bus.state === 'connected' && (body as any).backends[0].answers_in_ms !== null
    })
    await quiet(one)
    await running.kill()
    const events = await one.query<{ id: string; resource_id: string }>(
      'select id, resource_id from events order by created_at, id',
    )
    // What was not sent yet is sent by the next process.
    running = await one.start()
    await until('every event', 60_000, async () => {
      const ids = new Set(heard.map(({ id }) => id))
      return events.every(({ id }) => ids.has(id))
    })
    await running.kill()
    const report = await one.check(journal)
    // The first time each came; what came again is the listener's to recognise.
    const first = [...new Set(heard.map(({ id }) => id))]
    const place = new Map(first.map((id, index) => [id, index]))
    const inOrder = Map.groupBy(events, ({ resource_id }) => resource_id)
    const disordered = [...inOrder.values()].filter((some) =>
      some.some(({ id }, index) => index > 0 && place.get(id)! < place.get(some[index - 1]!.id)!),
    )
    console.log(
      `3 kills of the service and one of the broker: ${report.accepted} requests accepted (${accepted() - before} of them while the broker was dead), ` +
        `${report.finished} finished, ${report.wrong} wrong; ${events.length} events, ${first.length} heard, ${heard.length - first.length} of them again, ` +
        `${disordered.length} resources out of order`,
    )
    expect(report.examples).toEqual({})
    expect(first).toHaveLength(events.length)
    expect(disordered).toEqual([])
  })
})
