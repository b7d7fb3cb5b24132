/**
 * Attacks with requests that two servers could read in two ways, over sockets of our own: what one of them takes for a body the other one
 * takes for the next request. Such a request must be refused, and nothing after it on that connection be read.
 */
import { connect } from 'node:net'
import type { Attack } from '../attack.ts'
import { counted, logIn } from './strangers.ts'
import type { ApiWorld } from './world.ts'

const from = '127.0.33.1'

/** How long a server may wait for more of what is half a request, milliseconds. */
const waitsMs = 3000

interface Heard {
  /** Statuses in the order of the answers. */
  readonly statuses: readonly number[]
  readonly closed: boolean
}

/** Sends bytes on a connection of its own and hears what comes until the other side ends it. */
function say(url: string, text: string): Promise<Heard> {
  const { hostname, port } = new URL(url)
  return new Promise((resolve) => {
    let got = ''
    const socket = connect({ host: hostname, port: Number(port), localAddress: from })
    const done = (closed: boolean): void => {
      clearTimeout(timer)
      socket.destroy()
      const statuses = [...got.matchAll(/HTTP\/1\.[01] (\d{3})/g)].map(([, status]) => Number(status))
      resolve({ statuses, closed })
    }
    const timer = setTimeout(() => done(false), waitsMs)
    socket.setEncoding('latin1')
    socket.on('data', (piece: string) => (got += piece))
    socket.on('error', () => done(true))
    socket.on('close', () => done(true))
    socket.write(text, 'latin1')
  })
}

interface Ambiguous {
  readonly name: string
  /** Of the head, without the token and the end; lines end as written. */
  readonly head: string
  /** What comes behind the head. `next` is a whole request. */
  readonly rest: (next: string) => string
}

const chunked = (next: string): string => `0\r\n\r\n${next}`
const after = (next: string): string => `{}${next}`

const length = (value: string, rest = after): Ambiguous => ({
  name: `Content-Length: ${JSON.stringify(value)}`,
  head: `Content-Length: ${value}\r\n`,
  rest,
})
const encoding = (line: string): Ambiguous => ({
  name: JSON.stringify(line),
  // A reader that does not know the coding goes by the length, and finds the next request elsewhere.
  head: `${line}\r\nContent-Length: 5\r\n`,
  rest: chunked,
})
const chunk = (text: string): Ambiguous => ({
  name: `the chunk ${JSON.stringify(text)}`,
  head: 'Transfer-Encoding: chunked\r\n',
  rest: (next) => `${text}0\r\n\r\n${next}`,
})

const ambiguous: readonly Ambiguous[] = [
  { name: 'length and chunks', head: 'Content-Length: 5\r\nTransfer-Encoding: chunked\r\n', rest: chunked },
  { name: 'chunks and length', head: 'Transfer-Encoding: chunked\r\nContent-Length: 5\r\n', rest: chunked },
  { name: 'two lengths', head: 'Content-Length: 2\r\nContent-Length: 40\r\n', rest: after },
  { name: 'two lengths, 0 first', head: 'Content-Length: 0\r\nContent-Length: 2\r\n', rest: after },
  {
    name: 'chunked twice',
    head: 'Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n',
    rest: chunked,
  },
  ...['2, 40', '+2', '-2', '0x2', '2 2', '2;', '1e1', '99999999999999999999', '', '\u00b2', '2\v'].map(
    (value) => length(value),
  ),
  ...[
    'Transfer-Encoding: xchunked',
    'Transfer-Encoding : chunked',
    'Transfer-Encoding: chunked, identity',
    'Transfer-Encoding: identity',
    'Transfer-Encoding: "chunked"',
    'Transfer-Encoding: chunked\v',
    'Transfer-Encoding\t: chunked',
    ' Transfer-Encoding: chunked',
    'X: y\r\n Transfer-Encoding: chunked',
    'Transfer-Encoding:\r\n chunked',
    'X: y\nTransfer-Encoding: chunked',
    'X: y\rTransfer-Encoding: chunked',
    'X: y\0\r\nTransfer-Encoding: chunked',
    'X\0: y\r\nTransfer-Encoding: chunked',
    ': y\r\nTransfer-Encoding: chunked',
    'X y\r\nTransfer-Encoding: chunked',
  ].map(encoding),
  ...[
    '2\n{}\r\n',
    '2\r{}\r\n',
    '0x2\r\n{}\r\n',
    '+2\r\n{}\r\n',
    '-2\r\n{}\r\n',
    '2 ;a\n{}\r\n',
    '2;a\nb\r\n{}\r\n',
    '2\r\n{}XX',
    '2\r\n{}\n',
    'FFFFFFFFFFFFFFFFF\r\n{}\r\n',
    'g\r\n{}\r\n',
    '\r\n{}\r\n',
  ].map(chunk),
  { name: 'lines that end in LF', head: 'X: y\nContent-Length: 2\n', rest: after },
  { name: 'a head that ends in LF', head: 'X: y\r\n\nContent-Length: 2\r\n', rest: after },
]

export const smuggling: Attack<ApiWorld> = {
  name: 'a request within a request',
  tries:
    'has the end of a body read in two ways (two lengths, length and chunks, odd codings, folded lines, bare LF and CR) and hides a request behind it',
  async run(world) {
    const { service, passwords, ask } = world
    const { headers } = await logIn(world, { name: 'attacker' }, passwords.attacker, { from })
    const common = `Host: x\r\nX-Auth-Token: ${String(headers['x-subject-token'])}\r\nContent-Type: application/json\r\nX-OpenStack-Manila-API-Version: 2.99\r\n`
    const hidden = (name: string): string => {
      const body = JSON.stringify({ share: { share_proto: 'NFS', size: 1, name } })
      return `POST /v2/shares HTTP/1.1\r\n${common}Content-Length: ${body.length}\r\nConnection: close\r\n\r\n${body}`
    }
    // It does work when it is no secret.
    const open = await say(service.url, hidden('in the open'))
    if (open.statuses[0] !== 200) throw new Error(`the hidden request does not work: ${open.statuses.join()}`)
    const accepted: string[] = []
    for (const [index, { name, head, rest }] of ambiguous.entries()) {
      const text = `POST /v2/shares HTTP/1.1\r\n${common}${head}\r\n${rest(hidden(`smuggled ${index}`))}`
      const { statuses, closed } = await say(service.url, text)
      // One refusal, and the end; or no word at all.
      if (statuses.length > 1 || !closed || (statuses[0] ?? 400) !== 400)
        accepted.push(`${name} (${statuses.join()}${closed ? '' : ', still open'})`)
    }
    const listed = await ask('/v2/shares?name~=smuggled')
    const made = (listed.json?.shares ?? []) as readonly { name: string }[]
    return {
      through: made.length > 0 || accepted.length > 0 || listed.status !== 200,
      tried: `${ambiguous.length} requests with another behind each`,
      cameBack: `${made.length} of those made a share; ${accepted.length} were not refused${accepted.length > 0 ? `: ${accepted.join('; ')}` : ''}`,
    }
  },
}

export const headersTwice: Attack<ApiWorld> = {
  name: 'headers sent twice',
  tries:
    'sends two tokens, two subjects, two versions or two hosts, so that who checks takes one and who acts the other',
  async run(world) {
    const { service, passwords } = world
    const mine = await logIn(world, { name: 'attacker' }, passwords.attacker, { from })
    const token = String(mine.headers['x-subject-token'])
    const other = 'eyJhbGciOiJFUzI1NiJ9.e30.x'
    const once = (path: string, lines: readonly string[]): string =>
      `GET ${path} HTTP/1.1\r\n${lines.join('\r\n')}\r\nConnection: close\r\n\r\n`
    const subjects = [`X-Subject-Token: ${token}`, `X-Subject-Token: ${other}`]
    const requests = [
      once('/v2/shares', ['Host: x', `X-Auth-Token: ${token}`, `X-Auth-Token: ${other}`]),
      once('/v2/shares', ['Host: x', `X-Auth-Token: ${other}`, `x-auth-token: ${token}`]),
      once('/v2/shares', ['Host: x', `X-Auth-Token: ${token}, ${token}`]),
      once('/v2/shares', ['Host: x', `X-Auth-Token: ${token}`, 'X-Service-Token: a', 'X-Service-Token: b']),
      once('/identity/v3/auth/catalog', ['Host: x', `X-Auth-Token: ${other}`, `X-Auth-Token: ${token}`]),
      once('/identity/v3/auth/tokens', ['Host: x', `X-Auth-Token: ${token}`, ...subjects]),
      once('/identity/v3/auth/tokens', ['Host: x', `X-Auth-Token: ${token}`, ...subjects.toReversed()]),
      once('/v2/shares', [
        'Host: x',
        `X-Auth-Token: ${token}`,
        'X-OpenStack-Manila-API-Version: 2.0',
        'X-OpenStack-Manila-API-Version: 2.99',
      ]),
      once('/v2/shares', [`X-Auth-Token: ${token}`]),
      once('/v2/shares', ['Host: x', 'Host: y', `X-Auth-Token: ${token}`]),
      once('/identity/v3/auth/catalog', ['Host: x', 'Host: y', `X-Auth-Token: ${token}`]),
      once('/', ['Host: x', 'hOST: x']),
    ]
    const heard: Heard[] = []
    for (const text of requests) heard.push(await say(service.url, text))
    const replies = heard.map(({ statuses }) => ({ status: statuses[0] ?? 0, headers: {}, text: '' }))
    const served = replies.flatMap(({ status }, index) => (status < 400 ? [index + 1] : []))
    return {
      through: served.length > 0 || heard.some(({ statuses }) => statuses.length > 1),
      tried: `${requests.length} requests`,
      cameBack: `${counted(replies)}${served.length > 0 ? `; served: ${served.join()}` : ''}`,
    }
  },
}
