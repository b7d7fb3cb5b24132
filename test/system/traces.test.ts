/**
 * Who asked can be found in everything that was done for it: the request's id in the log of each command, and one trace from the
 * request to the last command, sent to a collector as OTLP.
 */
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { until } from '../faults/world.ts'
import { startServiceProcess, type ServiceProcess } from '../helpers/service-process.ts'

interface Span {
  readonly traceId: string
  readonly spanId: string
  readonly parentSpanId?: string
  readonly name: string
}

const dir = mkdtempSync(join(tmpdir(), 'manila-traces-'))
const spans: Span[] = []
const senders = new Set<string>()
let collector: Server
let service: ServiceProcess

beforeAll(async () => {
  collector = createServer((request, reply) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const sent = JSON.parse(Buffer.concat(chunks).toString()) as any
      for (const { resource, scopeSpans } of sent.resourceSpans) {
        for (const { key, value } of resource.attributes)
          if (key === 'service.name') senders.add(value.stringValue)
        for (const scope of scopeSpans) spans.push(...scope.spans)
      }
      reply.setHeader('content-type', 'application/json').end('{}')
    })
  })
  await new Promise<void>((resolve) => collector.listen(0, '127.0.0.1', resolve))
  const { port } = collector.address() as AddressInfo
  service = await startServiceProcess({
    dir,
    kind: 'directory',
    settings: {
      log_level: 'debug',
      traces: { otlp_url: `http://127.0.0.1:${port}/v1/traces` },
      backends: {
        alpha: { driver: 'directory', exporter: 'sim' },
      },
    },
  })
})
afterAll(async () => {
  await service?.stop()
  collector?.close()
  rmSync(dir, { recursive: true, force: true })
})

test('a request, its operation, the steps and the commands are one trace; the log knows both ids at each command', async () => {
  const { tokens } = await service.connect('manila-demo')
  const traceId = 'abcdefabcdefabcdefabcdefabcdefab'
  const answer = await fetch(`${service.url}/v2/shares`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      'x-auth-token': await tokens.current(),
      'x-openstack-manila-api-version': '2.65',
      traceparent: `00-${traceId}-1234567812345678-01`,
    },
    body: JSON.stringify({ share: { share_proto: 'NFS', size: 1 } }),
  })
  expect(answer.status).toBe(200)
  const requestId = answer.headers.get('x-openstack-request-id') ?? ''

  const mine = (): Span[] => spans.filter((span) => span.traceId === traceId)
  const ran = (): any[] =>
    readFileSync(join(dir, 'manila.log'), 'utf8')
      .split('\n')
      // What follows the last line end is being written.
      .slice(0, -1)
      .map((line) => JSON.parse(line) as any)
      .filter(({ msg, request_id }) => msg === 'a command ended' && request_id === requestId)
  // Spans come in batches, a second apart, and what ends first need not come first.
  await until('the trace of the creation', 20_000, async () => {
    const names = mine().map(({ name }) => name)
    const commands = names.filter((name) => name.startsWith('run '))
    const whole = names.includes('POST /shares') && names.includes('create-share')
    return whole && commands.length > 0 && commands.length === ran().length
  })
  const byId = new Map(mine().map((span) => [span.spanId, span]))
  const path = (span: Span): string => {
    const above = byId.get(span.parentSpanId ?? '')
    return above === undefined ? `${span.parentSpanId} > ${span.name}` : `${path(above)} > ${span.name}`
  }
  const paths = mine().map(path)
  expect(paths).toContain('1234567812345678 > POST /shares')
  expect(paths.filter((one) => one.includes('create-share > step '))).not.toEqual([])
  const commands = paths.filter((one) => one.includes('> run '))
  expect(commands).not.toEqual([])
  for (const one of commands)
    expect(one).toMatch(/^1234567812345678 > POST \/shares > create-share > step \S+ > run \S+$/)
  expect([...senders]).toEqual(['manila-all'])

  expect(ran()).toHaveLength(commands.length)
  for (const line of ran()) {
    expect(line).toMatchObject({
      code: expect.any(Number),
      backend: 'node@alpha',
      operation_id: expect.any(String),
    })
    expect(line.command.join(' ')).not.toBe('')
  }
})

test('without a collector the service works and ends', async () => {
  const { tokens } = await service.connect('manila-demo')
  collector.closeAllConnections()
  collector.close()
  const answer = await fetch(`${service.url}/v2/shares`, {
    headers: { 'x-auth-token': await tokens.current(), 'x-openstack-manila-api-version': '2.65' },
  })
  expect(answer.status).toBe(200)
  const began = performance.now()
  await service.stop()
  expect(performance.now() - began).toBeLessThan(15_000)
})
