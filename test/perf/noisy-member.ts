/**
 * One member doing its worst, in a process of its own so that what measures the others is not slowed by it. Prints one line of JSON
 * with the answers it got when its time is over. `noisy-member.ts <url> <token> <seconds>`.
 */
import { Agent, request } from 'node:http'
import { connect } from 'node:net'

const [url = '', token = '', seconds = '10'] = process.argv.slice(2)
const until = Date.now() + Number(seconds) * 1000
const agent = new Agent({ keepAlive: true, maxSockets: 200 })
const answers: Record<string, Record<string, number>> = {}

function count(what: string, status: string): void {
  const counts = (answers[what] ??= {})
  counts[status] = (counts[status] ?? 0) + 1
}

/** Sends and reads; the status, or what went wrong. */
function send(what: string, method: string, path: string, body?: unknown): Promise<string> {
  return new Promise((resolve) => {
    const done = (text: string, status: string): void => {
      count(what, status)
      resolve(text)
    }
    const sent = request(
      `${url}${path}`,
      {
        method,
        agent,
        headers: {
          'x-auth-token': token,
          'x-openstack-manila-api-version': '2.99',
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        },
      },
      (answer) => {
        const chunks: Buffer[] = []
        answer.on('data', (chunk: Buffer) => chunks.push(chunk))
        answer.on('end', () => done(Buffer.concat(chunks).toString(), String(answer.statusCode)))
        answer.on('error', () => done('', 'cut'))
      },
    )
    sent.on('error', () => done('', 'no answer'))
    sent.end(body === undefined ? undefined : JSON.stringify(body))
  })
}

/** Asks for everything and reads nothing; again when it is cut off. */
async function lurk(): Promise<void> {
  const { hostname, port } = new URL(url)
  while (Date.now() < until) {
    await new Promise<void>((resolve) => {
      const socket = connect(Number(port), hostname)
      const end = setTimeout(() => socket.destroy(), Math.max(1, until - Date.now()))
      socket.on('error', () => {})
      socket.once('close', () => {
        clearTimeout(end)
        setTimeout(resolve, 50)
      })
      socket.once('data', (first: Buffer) => {
        const status = first.toString('latin1').split(' ')[1] ?? '?'
        count('unread lists', status)
        if (status === '200') socket.pause()
        else socket.destroy()
      })
      socket.write(
        `GET /v2/shares/detail HTTP/1.1\r\nhost: x\r\nx-auth-token: ${token}\r\nx-openstack-manila-api-version: 2.99\r\n\r\n`,
      )
    })
  }
}

const lanes = async (
  width: number,
  work: (lane: number, turn: number) => Promise<unknown>,
): Promise<void> => {
  const lane = async (at: number): Promise<void> => {
    for (let turn = 0; Date.now() < until; turn++) await work(at, turn)
  }
  await Promise.all(Array.from({ length: width }, (_, at) => lane(at)))
}

const pairs = (count: number): string =>
  encodeURIComponent(
    `{${Array.from({ length: count }, (_, n) => `'key-${n}': '${'v'.repeat(10)}'`).join(', ')}}`,
  )
const shares = (
  JSON.parse(await send('preparing', 'GET', '/v2/shares?limit=50')) as { shares: { id: string }[] }
).shares
const idAt = (n: number): string => shares[n % shares.length]?.id ?? ''

await Promise.all([
  lanes(12, () => send('wide filters (20 pairs)', 'GET', `/v2/shares/detail?metadata=${pairs(20)}`)),
  lanes(6, () => send('wide filters (200 pairs)', 'GET', `/v2/shares/detail?metadata=${pairs(200)}`)),
  lanes(6, () =>
    send('part of a text, unsorted', 'GET', '/v2/shares/detail?description~=nowhere&sort_key=task_state'),
  ),
  lanes(4, () => send('everything, read', 'GET', '/v2/shares/detail')),
  ...Array.from({ length: 60 }, lurk),
  lanes(6, (lane, turn) =>
    send('rules', 'POST', `/v2/shares/${idAt(lane)}/action`, {
      allow_access: { access_type: 'ip', access_to: `10.${lane}.${(turn >> 8) & 255}.${turn & 255}` },
    }),
  ),
  lanes(4, (lane) => send('rules, listed', 'GET', `/v2/share-access-rules?share_id=${idAt(lane)}`)),
  lanes(4, (lane) =>
    send('locks', 'POST', '/v2/resource-locks', {
      resource_lock: { resource_id: idAt(lane), resource_type: 'share' },
    }),
  ),
  lanes(4, (lane, turn) =>
    send('metadata', 'POST', `/v2/shares/${idAt(lane + 10)}/metadata`, {
      metadata: Object.fromEntries(
        Array.from({ length: 20 }, (_, n) => [`m${turn % 9}-${n}`, 'v'.repeat(1000)]),
      ),
    }),
  ),
  lanes(6, async (_, turn) => {
    const text = await send('creates', 'POST', '/v2/shares', {
      share: { size: 1, share_proto: 'NFS', name: `n${turn}` },
    })
    const { share } = text.startsWith('{"share"')
      ? (JSON.parse(text) as { share: { id: string } })
      : { share: null }
    if (share !== null) await send('deletes', 'DELETE', `/v2/shares/${share.id}`)
  }),
])
agent.destroy()
process.stdout.write(`${JSON.stringify(answers)}\n`)
process.exit(0)
