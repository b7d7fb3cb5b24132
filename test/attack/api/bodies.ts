/** Attacks with bodies: larger than allowed, with a length or without, deeper and wider than anybody means. */
import { request } from 'node:http'
import { memoryOf } from '../../perf/report.ts'
import { loadSettings } from '../../../src/config/load.ts'
import type { Attack } from '../attack.ts'
import { toldOf, wereServed, type Crowd } from './crowd.ts'
import type { ApiWorld } from './world.ts'

const from = '127.0.34.1'
/** MiB that the service may grow by: some bodies at once, and what reading hundreds leaves to be collected. All of the huge ones are 2 GiB. */
const mayGrowMib = 250

interface Sent {
  readonly path: string
  readonly token: string
  /** Written one after the other, again and again until all are gone or nobody listens. */
  readonly piece: Buffer
  readonly pieces: number
  /** False: in chunks, without saying how much it will be. */
  readonly withLength: boolean
  readonly headers?: Readonly<Record<string, string>>
}

interface Reply {
  readonly status: number
  readonly tookMib: number
}

/** Status, or 0 when the connection was ended without a word; and how much was taken. */
function post(url: string, sent: Sent): Promise<Reply> {
  const { hostname, port } = new URL(url)
  const { path, token, piece, pieces, withLength, headers = {} } = sent
  return new Promise((resolve) => {
    let left = pieces
    const took = (status: number) => ({ status, tookMib: ((pieces - left) * piece.length) / 1_048_576 })
    const call = request({
      host: hostname,
      port,
      path,
      method: 'POST',
      localAddress: from,
      agent: false,
      headers: {
        'content-type': 'application/json',
        'x-auth-token': token,
        'x-openstack-manila-api-version': '2.99',
        ...(withLength
          ? { 'content-length': String(piece.length * pieces) }
          : { 'transfer-encoding': 'chunked' }),
        ...headers,
      },
    })
    const end = (status: number): void => {
      const outcome = took(status)
      left = 0
      call.destroy()
      resolve(outcome)
    }
    call.on('response', (reply) => {
      reply.resume()
      end(reply.statusCode ?? 0)
    })
    call.on('error', () => end(0))
    call.on('close', () => end(0))
    const write = (): void => {
      while (left > 0) {
        left--
        if (!call.write(piece)) return
      }
      call.end()
    }
    call.on('drain', write)
    write()
  })
}

const packed: readonly Readonly<Record<string, string>>[] = [{}, { 'content-encoding': 'gzip' }]

const everywhere = (crowd: Crowd): string[] => [
  '/v2/shares',
  `/v2/shares/${crowd.noisy.shareId}/action`,
  '/identity/v3/auth/tokens',
  '/v2/nowhere',
]

export const hugeBodies: Attack<ApiWorld> = {
  name: 'bodies without end',
  tries: 'sends bodies of 64 MiB, with a length and in chunks, with a token and without, also packed',
  async run(world) {
    const crowd = await world.crowd()
    const allowedMib = loadSettings({}).api.max_body_bytes / 1_048_576
    const before = memoryOf(crowd.pid).now
    const piece = Buffer.from(`"${'x'.repeat(65_534)}`)
    const ways = everywhere(crowd).flatMap((path) =>
      [crowd.noisy.token, 'nobody'].flatMap((token) =>
        [true, false].flatMap((withLength) =>
          packed.map((headers) => ({ path, token, withLength, headers })),
        ),
      ),
    )
    const work = (): Promise<Reply[]> =>
      Promise.all(ways.map((way) => post(crowd.url, { ...way, piece, pieces: 1024 })))
    const { result, others } = await crowd.beside(work())
    const grownMib = (memoryOf(crowd.pid).now - before) / 1_048_576
    const most = Math.max(...result.map(({ tookMib }) => tookMib))
    const wrong = result.filter(({ status }) => status !== 0 && (status < 400 || status >= 500))
    return {
      // What the kernels on both sides hold is taken too.
      through: wrong.length > 0 || grownMib > mayGrowMib || most > allowedMib + 32 || !wereServed(others),
      tried: `${ways.length} bodies of 64 MiB`,
      cameBack: `${statusesOf(result)}; ${most.toFixed(0)} MiB of one at most were taken; ${grownMib.toFixed(0)} MiB more; ${toldOf(others)}`,
    }
  },
}

/** Bodies of some `room` bytes twice. */
function deepTexts(room: number): string[] {
  const levels = Math.floor(room / 2.8)
  const number = `1${'0'.repeat(room)}`
  const values = [
    `${'['.repeat(room)}${']'.repeat(room)}`,
    `${'{"a":'.repeat(levels)}1${'}'.repeat(levels)}`,
    `{${Array.from({ length: room / 6 }, (_, i) => `"k${i}":1`).join()}}`,
    `[${'1,'.repeat(room)}1]`,
    number,
    `-${number}e-9`,
    '1e999999',
  ]
  const shapes = [
    (value: string) => value,
    (value: string) => `{"share":${value}}`,
    (value: string) => `{"share":{"share_proto":"NFS","size":${value}}}`,
    (value: string) => `{"share":{"share_proto":"NFS","size":1,"metadata":${value}}}`,
    (value: string) => `{"share":{"share_proto":"NFS","size":1,"scheduler_hints":{"same_host":${value}}}}`,
    (value: string) => `{"extend":${value}}`,
    (value: string) => `{"auth":${value}}`,
    (value: string) => `{"auth":{"identity":{"methods":${value}}}}`,
    (value: string) => `{"auth":{"identity":{"methods":["password"],"password":${value}},"scope":${value}}}`,
  ]
  return [
    '['.repeat(room * 2),
    '{"a":'.repeat(levels),
    ...shapes.flatMap((shape) => values.map((value) => shape(value))),
  ]
}

export const deepBodies: Attack<ApiWorld> = {
  name: 'bodies without bottom',
  tries: 'sends JSON as deep and as wide as fits a body, in every place that takes any object',
  async run(world) {
    const crowd = await world.crowd()
    const before = memoryOf(crowd.pid).now
    // What the share API reads at most, and what the identity face does.
    const [large, small] = [deepTexts(50_000), deepTexts(29_000)]
    const work = async (): Promise<Reply[]> => {
      const replies: Reply[] = []
      for (const path of everywhere(crowd))
        for (const text of path.startsWith('/identity') ? small : large)
          replies.push(
            await post(crowd.url, {
              path,
              token: crowd.noisy.token,
              piece: Buffer.from(text),
              pieces: 1,
              withLength: true,
            }),
          )
      return replies
    }
    const { result, others } = await crowd.beside(work())
    const grownMib = (memoryOf(crowd.pid).now - before) / 1_048_576
    const wrong = result.filter(({ status }) => status < 400 || status >= 500)
    return {
      through: wrong.length > 0 || grownMib > mayGrowMib || !wereServed(others),
      tried: `${result.length} bodies`,
      cameBack: `${statusesOf(result)}; ${grownMib.toFixed(0)} MiB more; ${toldOf(others)}`,
    }
  },
}

function statusesOf(replies: readonly { readonly status: number }[]): string {
  const groups = [...Map.groupBy(replies, ({ status }) => status)].toSorted(([a], [b]) => a - b)
  return groups.map(([status, all]) => `${status === 0 ? 'no answer' : status} × ${all.length}`).join(', ')
}
