/**
 * The bus over a real RabbitMQ: who gets what, what a broker that dies under load costs, that a stranger's message hurts
 * nobody, and that each service's own user may do exactly what it needs.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Connection } from 'rabbitmq-client'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import type { AmqpParts } from '../../src/bus/amqp.ts'
import { namesOf } from '../../src/bus/amqp/topology.ts'
import { permissionsOf, type ServiceName } from '../../src/bus/amqp/permissions.ts'
import type { Bus, BusEvent } from '../../src/bus/bus.ts'
import { openBus } from '../../src/bus/open.ts'
import { loadSettings } from '../../src/config/load.ts'
import type { BusSettings } from '../../src/config/schema.ts'
import { testWorld } from '../../src/manage/bench.fixture.ts'
import { until } from '../faults/world.ts'
import { hasProgram } from '../../tools/programs/packages.ts'
import { rabbitmqNeed, startRabbitMq, type RabbitMq } from '../../tools/programs/rabbitmq.ts'

const names = namesOf('manila')
const kinds = ['classic', 'quorum'] as const
let broker: RabbitMq
/** One virtual host with a user who may do everything. */
let url: string

interface Opened {
  readonly bus: Bus
  readonly said: string[]
  readonly counted: Map<string, number>
}
const open: Bus[] = []

function start(service: ServiceName, changes: Partial<BusSettings> = {}): Opened {
  const said: string[] = []
  const counted = new Map<string, number>()
  const note = (fields: object, message: string): void => {
    const { err, why } = fields as { err?: Error; why?: string }
    said.push(
      `${message}${err === undefined ? '' : `: ${err.message}`}${why === undefined ? '' : `: ${why}`}`,
    )
  }
  const parts: AmqpParts = {
    service,
    log: { info: note, warn: note, error: note },
    now: () => Date.now() * 1000,
    observe: ({ event, name }) => {
      const key = `${event} ${name}` satisfies `${BusEvent} ${string}`
      counted.set(key, (counted.get(key) ?? 0) + 1)
    },
  }
  const settings = { ...loadSettings({}).bus, url, reconnect_s: 1, ...changes }
  const bus = openBus(settings, parts)
  open.push(bus)
  return { bus, said, counted }
}

/** Until it is connected and everything it serves is served. */
const connected = async (...all: readonly Opened[]): Promise<void> => {
  for (const { bus } of all)
    await until('a connection', 20_000, async () => bus.state().state === 'connected')
  await new Promise((resolve) => setTimeout(resolve, 300))
}

afterEach(async () => {
  await Promise.all(open.splice(0).map((bus) => bus.close()))
})

describe.skipIf(!hasProgram(rabbitmqNeed.program))('the bus over RabbitMQ (rabbitmq-server)', () => {
  beforeAll(async () => {
    broker = await startRabbitMq({ tls: true })
    url = (await broker.vhost()).url
  })
  afterAll(() => broker?.end())

  test('brings work to one process, news to all, with request id and trace, each confirmed', async () => {
    const [api, one, two] = [start('manila-api'), start('manila-share'), start('manila-share')]
    const got: string[] = []
    const heard: string[] = []
    for (const [who, { bus }] of Object.entries({ one, two })) {
      bus.serve('share.x', 'operation.due', ({ operationId }, { requestId, traceparent }) =>
        got.push(`${operationId} ${requestId} ${traceparent}`),
      )
      bus.serve('operations', 'operation.finished', ({ operationId }) => heard.push(`${who} ${operationId}`))
    }
    await connected(api, one, two)
    const ids = Array.from({ length: 200 }, (_, index) => `o${index}`)
    for (const operationId of ids) {
      api.bus.cast(
        'share.x',
        'operation.due',
        { operationId },
        { requestId: 'req-1', traceparent: '00-1-2-01' },
      )
    }
    api.bus.cast('operations', 'operation.finished', { operationId: 'f' })
    await until('every message', 10_000, async () => got.length >= 200 && heard.length >= 2)
    expect(got.toSorted()).toEqual(ids.map((id) => `${id} req-1 00-1-2-01`).toSorted())
    expect(heard.toSorted()).toEqual(['one f', 'two f'])
    await until('every confirmation', 5000, async () => api.counted.get('confirmed operation.due') === 200)
    const shared = [one, two].map(({ counted }) => counted.get('delivered operation.due') ?? 0)
    expect(Math.min(...shared)).toBeGreaterThan(0)
  })

  test('goes to another node of the broker when one is away', async () => {
    const api = start('manila-api', { hosts: ['127.0.0.1:1', `127.0.0.1:${broker.port}`] })
    await connected(api)
    expect(api.bus.state()).toMatchObject({ kind: 'amqp', reason: null })
  })

  test.each(kinds)('keeps work for a process that starts later, in a %s queue', async (kind) => {
    const first = start('manila-share', { work_queues: kind })
    first.bus.serve(`share.later.${kind}`, 'operation.due', () => {})
    await connected(first)
    await first.bus.close()
    const api = start('manila-api')
    await connected(api)
    api.bus.cast(`share.later.${kind}`, 'operation.due', { operationId: 'kept' })
    await until('the confirmation', 5000, async () => api.counted.has('confirmed operation.due'))
    const second = start('manila-share', { work_queues: kind })
    const got: string[] = []
    second.bus.serve(`share.later.${kind}`, 'operation.due', ({ operationId }) => got.push(operationId))
    await until('the message', 10_000, async () => got.length > 0)
    expect(got).toEqual(['kept'])
  })

  test('answers calls, and says why when it does not', async () => {
    const [api, share] = [start('manila-api'), start('manila-share')]
    const stop = share.bus.answer('share.x', 'ping', async () => ({ service: 'manila-share', host: 'node' }))
    await connected(api, share)
    const times: number[] = []
    for (let round = 0; round < 300; round++) {
      const began = performance.now()
      await api.bus.call('share.x', 'ping', {}, { deadlineMs: 5000 })
      times.push(performance.now() - began)
    }
    times.sort((a, b) => a - b)
    const [p50, p99] = [times[150] ?? 0, times[297] ?? 0]
    console.log(`a question and its answer: p50 ${p50.toFixed(2)} ms, p99 ${p99.toFixed(2)} ms`)
    // With Nagle's algorithm it would be over 40.
    expect(p50).toBeLessThan(20)
    stop()
    share.bus.answer('share.x', 'ping', async () => {
      throw new Error('the backend sleeps')
    })
    await expect(api.bus.call('share.x', 'ping', {}, { deadlineMs: 5000 })).rejects.toThrow(
      'the backend sleeps',
    )
    await expect(api.bus.call('share.nobody', 'ping', {}, { deadlineMs: 5000 })).rejects.toMatchObject({
      kind: 'refused',
    })
    share.bus.answer('share.x', 'ping', () => new Promise(() => {}))
    await expect(api.bus.call('share.x', 'ping', {}, { deadlineMs: 200 })).rejects.toMatchObject({
      kind: 'deadline',
    })
  })

  test('carries the question of a dry run and its answer whole', async () => {
    const [api, scheduler] = [start('manila-api'), start('manila-scheduler')]
    const question = {
      sizeGib: 4,
      protocol: 'NFS',
      projectId: 'p',
      name: null,
      shareTypeId: null,
      snapshotPool: 'h@b#p',
      availabilityZoneId: null,
      onlyHost: null,
      sameHost: ['a', 'b'],
      differentHost: [],
      query: '["=", "$backend_name", "ü"]',
      withPools: true,
    }
    const pool = (n: number) => ({
      pool: `h@b#${n}`,
      fits: false,
      filter: 'F',
      why: 'It is full.',
      weight: null,
    })
    const told = {
      fitting: 0,
      refused: [{ filter: 'F', count: 2000 }],
      detailId: '009',
      unmet: null,
      pools: Array.from({ length: 2000 }, (_, n) => pool(n)),
    }
    const asked: unknown[] = []
    scheduler.bus.answer('scheduler', 'placement.try', async (one) => {
      asked.push(one)
      return told
    })
    await connected(api, scheduler)
    const answer = await api.bus.call('scheduler', 'placement.try', question, { deadlineMs: 10_000 })
    expect([asked, answer]).toEqual([[question], told])
  })

  test('puts aside what it does not understand, and goes on; an operator lists, sends again, drops', async () => {
    const share = start('manila-share')
    const got: string[] = []
    share.bus.serve('share.x', 'operation.due', ({ operationId }) => got.push(operationId))
    await connected(share)
    const stranger = new Connection(url)
    const publisher = stranger.createPublisher({ confirm: true })
    const send = (type: string, version: number, body: unknown, messageId: string) =>
      publisher.send(
        {
          exchange: names.work,
          routingKey: 'share.x',
          type,
          messageId,
          headers: { version, topic: 'share.x' },
        },
        body,
      )
    await send('operation.due', 1, { operationId: 7 }, 'm1')
    await send('share.explode', 1, { operationId: 'x' }, 'm2')
    await send('operation.due', 99, { operationId: 'x' }, 'm3')
    await publisher.send(
      {
        exchange: names.work,
        routingKey: 'share.x',
        type: 'operation.due',
        messageId: 'm4',
        contentType: 'application/json',
      },
      Buffer.from('{"operationId":'),
    )
    await send('operation.due', 1, { operationId: 'good' }, 'm5')
    await publisher.close()
    await stranger.close()
    await until('the good one', 5000, async () => got.length > 0)
    await until('four put aside', 5000, async () => share.counted.get('dead-lettered unknown') === 4)
    const world = testWorld()
    try {
      world.configure({ bus: { url } })
      const list = async () => (await world.run('bus', 'dead-letters', 'list', '-f', 'json')).json()
      await until('the list', 10_000, async () => (await list()).length === 4)
      expect(
        (await list()).map((one: { messageId: string; why: string }) => [one.messageId, one.why]),
      ).toEqual([
        ['m1', 'operation.due: /operationId must be string'],
        ['m2', 'nothing is called "share.explode" here'],
        ['m3', 'operation.due has version 99, this release reads 1'],
        ['m4', 'operation.due has version undefined, this release reads 1'],
      ])
      expect(await world.run('bus', 'dead-letters', 'drop', 'm1')).toMatchObject({
        code: 0,
        out: '1 dropped\n',
      })
      expect(await world.run('bus', 'dead-letters', 'requeue', 'm2')).toMatchObject({
        code: 0,
        out: '1 requeued\n',
      })
      await until('it is put aside again, once', 5000, async () => (await list()).length === 3)
      expect(share.counted.get('dead-lettered unknown')).toBe(5)
      expect((await world.run('bus', 'dead-letters', 'drop', 'gone')).code).toBe(1)
      expect(await world.run('bus', 'dead-letters', 'drop', 'all')).toMatchObject({ out: '3 dropped\n' })
      expect(await world.run('bus', 'dead-letters', 'list')).toMatchObject({ code: 0, out: 'none\n' })
    } finally {
      world.end()
    }
    expect(got).toEqual(['good'])
  })

  test.each(kinds)('bounds what a %s queue holds that nobody serves any more', async (kind) => {
    const share = start('manila-share', { queue_max_length: 100, work_queues: kind })
    share.bus.serve(`share.dead.${kind}`, 'operation.due', () => {})
    await connected(share)
    await share.bus.close()
    const api = start('manila-api', { buffer: 10_000 })
    await connected(api)
    for (let index = 0; index < 400; index++) {
      api.bus.cast(`share.dead.${kind}`, 'operation.due', { operationId: `o${index}` })
    }
    await until('every confirmation', 20_000, async () => api.counted.get('confirmed operation.due') === 400)
    const stranger = new Connection(url)
    const held = await stranger.queueDeclare({ queue: names.workQueue(`share.dead.${kind}`), passive: true })
    await stranger.close()
    expect(held.messageCount).toBe(100)
    // Another length in the settings does not keep anybody from serving the queue.
    const again = start('manila-share', { queue_max_length: 200, work_queues: kind })
    let got = 0
    again.bus.serve(`share.dead.${kind}`, 'operation.due', () => got++)
    await until('the last hundred', 20_000, async () => got === 100)
    expect(again.said.join('\n')).toContain('taking it as it is')
  })

  test('a queue of another kind is taken as it is, and has the kind of the settings once an operator removed it', async () => {
    const [topic, queue] = ['share.kind', names.workQueue('share.kind')]
    const before = start('manila-share', { work_queues: 'quorum' })
    before.bus.serve(topic, 'operation.due', () => {})
    await connected(before)
    await before.bus.close()
    const [api, share] = [start('manila-api'), start('manila-share', { work_queues: 'classic' })]
    const got = new Set<string>()
    share.bus.serve(topic, 'operation.due', ({ operationId }) => got.add(operationId))
    await connected(api, share)
    api.bus.cast(topic, 'operation.due', { operationId: 'as it is' })
    await until('a message through the old queue', 10_000, async () => got.has('as it is'))
    expect(share.said.join('\n')).toContain('taking it as it is')
    const stranger = new Connection(url)
    await stranger.queueDelete({ queue })
    await until('a message through the new queue', 20_000, async () => {
      api.bus.cast(topic, 'operation.due', { operationId: 'made again' })
      return got.has('made again')
    })
    await stranger.close()
    const kinds = await broker.ctl(
      'list_queues',
      '-p',
      new URL(url).pathname.slice(1),
      'name',
      'type',
      '--quiet',
    )
    expect(kinds).toMatch(new RegExp(`${queue}\\s+classic`))
  })

  test.each(kinds)(
    'killed and started again under load, with %s queues: nobody waits or fails, everybody looks when it is back',
    async (kind) => {
      const [api, share] = [start('manila-api'), start('manila-share', { work_queues: kind })]
      const got = new Set<string>()
      let looks = 0
      share.bus.serve(`share.x.${kind}`, 'operation.due', ({ operationId }) => got.add(operationId))
      share.bus.onGap(() => looks++)
      await connected(api, share)
      let sent = 0
      let slowest = 0
      const missing = () =>
        Array.from({ length: sent }, (_, index) => `o${index}`).filter((id) => !got.has(id))
      const load = setInterval(() => {
        const began = performance.now()
        api.bus.cast(`share.x.${kind}`, 'operation.due', { operationId: `o${sent++}` })
        slowest = Math.max(slowest, performance.now() - began)
      }, 20)
      try {
        await until('some traffic', 10_000, async () => got.size > 20)
        // RabbitMQ brings the names of quorum queues to its disk only every few seconds: one killed before has a queue that is deaf.
        if (kind === 'quorum') await new Promise((resolve) => setTimeout(resolve, 6000))
        const before = looks
        await broker.kill()
        // A classic queue goes with the only node: what it held then is found by the look.
        const mayBeLost = new Set(kind === 'classic' ? missing() : [])
        await until('both notice', 10_000, async () =>
          [api, share].every(({ bus }) => bus.state().state === 'down'),
        )
        expect(api.bus.state().reason).not.toBeNull()
        await expect(api.bus.call(`share.x.${kind}`, 'ping', {}, { deadlineMs: 1000 })).rejects.toMatchObject(
          {
            kind: 'down',
          },
        )
        const whileDown = sent
        await broker.start()
        const backAt = performance.now()
        await until('everybody looks', 30_000, async () => looks > before)
        const lookedMs = performance.now() - backAt
        clearInterval(load)
        await until('every message', 30_000, async () => missing().every((id) => mayBeLost.has(id)))
        console.log(
          `broker killed under load: ${sent} messages cast, ${sent - whileDown} after its death was noticed, ` +
            `${got.size} arrived, ${api.counted.get('dropped operation.due') ?? 0} dropped; slowest cast ${slowest.toFixed(1)} ms; ` +
            `workers looked ${(lookedMs / 1000).toFixed(1)} s after it listened again`,
        )
        expect(lookedMs).toBeLessThan(10_000)
      } finally {
        clearInterval(load)
        await broker.start()
      }
    },
  )

  test('keeps only so many messages while it is away, the newest', async () => {
    // A silent broker counts as dead after two heartbeats.
    const [api, share] = [
      start('manila-api', { buffer: 10, heartbeat_s: 1 }),
      start('manila-share', { heartbeat_s: 1 }),
    ]
    const got: string[] = []
    share.bus.serve('share.few', 'operation.due', ({ operationId }) => got.push(operationId))
    await connected(api, share)
    broker.pause()
    try {
      await until('the silence is noticed', 60_000, async () => {
        api.bus.cast('share.few', 'operation.due', { operationId: 'same' })
        return api.bus.state().state === 'down'
      })
      got.length = 0
      for (let index = 0; index < 50; index++) {
        api.bus.cast('share.few', 'operation.due', { operationId: `o${index}` })
      }
    } finally {
      broker.resume()
    }
    await until('the newest', 30_000, async () => got.includes('o49'))
    expect(got.filter((id) => id !== 'same')).toEqual(
      Array.from({ length: 10 }, (_, index) => `o${index + 40}`),
    )
  })

  describe('secured', () => {
    const dir = mkdtempSync(join(tmpdir(), 'bus-tls-'))
    afterAll(() => rmSync(dir, { recursive: true, force: true }))

    test('speaks TLS with the broker it was told to trust, and with no other', async () => {
      const { port, caFile } = broker.tls!
      const secure = url.replace('amqp:', 'amqps:').replace(/:\d+\//, `:${port}/`)
      const ours = join(dir, 'ca.pem')
      writeFileSync(ours, readFileSync(caFile))
      const trusting = start('manila-api', { url: secure, ca_file: ours })
      await connected(trusting)
      const system = start('manila-api', { url: secure })
      await until('it is refused', 10_000, async () => /certificate/.test(system.bus.state().reason ?? ''))
      const plain = start('manila-api', { url: secure.replace('amqps:', 'amqp:') })
      await until('plain is refused', 10_000, async () => plain.bus.state().reason !== 'not connected yet')
      for (const { bus } of [system, plain]) expect(bus.state().state).toBe('down')
    })

    test("lets each service's own user do what it needs, and no more", async () => {
      const vhost = 'separate'
      const roles = ['manila-api', 'manila-scheduler', 'manila-share', 'manila-manage'] as const
      const passwords = await broker.define(
        roles.map((name) => ({ name, vhost, ...permissionsOf('manila', name) })),
      )
      const urlOf = (name: string): string => broker.url(name, passwords.get(name) ?? '', vhost)
      const [api, scheduler, share] = (['manila-api', 'manila-scheduler', 'manila-share'] as const).map(
        (name) => start(name, { url: urlOf(name) }),
      ) as [Opened, Opened, Opened]
      const got: string[] = []
      scheduler.bus.serve('scheduler', 'operation.due', () => got.push('scheduler'))
      scheduler.bus.serve('scheduler', 'pools.changed', () => got.push('pools'))
      share.bus.serve('share.x', 'operation.due', () => got.push('share'))
      share.bus.answer('share.x', 'ping', async () => ({ service: 'manila-share', host: 'n' }))
      api.bus.serve('usages', 'usage.measured', () => got.push('usages'))
      await connected(api, scheduler, share)
      api.bus.cast('scheduler', 'operation.due', { operationId: '1' })
      scheduler.bus.cast('share.x', 'operation.due', { operationId: '1' })
      share.bus.cast('scheduler', 'pools.changed', {})
      share.bus.cast('usages', 'usage.measured', { backendId: 'x' })
      await until('every message', 10_000, async () => got.length === 4)
      expect(got.toSorted()).toEqual(['pools', 'scheduler', 'share', 'usages'])
      await api.bus.call('share.x', 'ping', {}, { deadlineMs: 2000 })
      for (const { said } of [api, scheduler, share]) {
        expect(said.filter((line) => !line.startsWith('connected'))).toEqual([])
      }

      const may = async (
        user: string,
        work: (connection: Connection) => Promise<unknown>,
      ): Promise<boolean> => {
        const connection = new Connection(urlOf(user))
        connection.on('error', () => {})
        try {
          await work(connection)
          return true
        } catch {
          return false
        } finally {
          connection.unsafeDestroy()
        }
      }
      const read = (queue: string) => (connection: Connection) => connection.basicGet({ queue, noAck: false })
      expect(await may('manila-scheduler', read(names.workQueue('scheduler')))).toBe(true)
      expect(await may('manila-api', read(names.workQueue('scheduler')))).toBe(false)
      expect(await may('manila-scheduler', read(names.workQueue('share.x')))).toBe(false)
      expect(await may('manila-share', read(names.workQueue('scheduler')))).toBe(false)
      expect(await may('manila-share', read(names.deadLetters))).toBe(false)
      expect(await may('manila-manage', read(names.deadLetters))).toBe(true)
      expect(await may('manila-api', (one) => one.queueDelete({ queue: names.workQueue('share.x') }))).toBe(
        false,
      )
      expect(await may('manila-share', (one) => one.queueDeclare({ queue: 'anything' }))).toBe(false)
      const straight = (connection: Connection) =>
        connection
          .createPublisher({ confirm: true })
          .send({ exchange: '', routingKey: names.workQueue('scheduler') }, {})
      expect(await may('manila-share', straight)).toBe(false)
    })
  })
})
