/** Calls of a bus from a process that lasts, as a worker of the launcher does: connections are kept, and nobody hears of it when they end. */
import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer, type Server, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { afterEach, beforeEach, expect, test } from 'vitest'

const [call, answer, error] = [1, 2, 3]

interface FakeBus {
  readonly address: string
  /** One for each connection that was ever made. */
  readonly connections: Socket[]
  readonly open: number
  /** Names of errors in place of the next answers. */
  readonly errors: string[]
  end(): Promise<void>
}

let dir: string
const buses: FakeBus[] = []

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'bus-'))
})
afterEach(async () => {
  await Promise.all(buses.splice(0).map((bus) => bus.end()))
  rmSync(dir, { recursive: true })
})

const padded = (bytes: Buffer, to: number): Buffer =>
  Buffer.concat([bytes, Buffer.alloc((to - (bytes.length % to)) % to)])
const number = (value: number): Buffer => {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32LE(value)
  return bytes
}
const text = (value: string): Buffer =>
  Buffer.concat([number(Buffer.byteLength(value)), Buffer.from(`${value}\0`)])

/** A message of the bus with one text in it: D-Bus specification, "Message Format". */
function message(type: number, answerTo: number, body: string, errorName?: string): Buffer {
  const fields = [Buffer.concat([Buffer.from([5, 1, 117, 0]), number(answerTo)])]
  if (errorName !== undefined) fields.push(Buffer.concat([Buffer.from([4, 1, 115, 0]), text(errorName)]))
  fields.push(Buffer.from([8, 1, 103, 0, 1, 115, 0]))
  const all = fields.reduce((sum, field) => Buffer.concat([padded(sum, 8), field]), Buffer.alloc(0))
  const words = text(body)
  const head = Buffer.concat([
    Buffer.from([108, type, 0, 1]),
    number(words.length),
    number(1),
    number(all.length),
    all,
  ])
  return Buffer.concat([padded(head, 8), words])
}

/** Answers each call with how many calls that connection had: "Hello" is one of them. */
async function fakeBus(name: string): Promise<FakeBus> {
  const path = join(dir, name)
  const connections: Socket[] = []
  const errors: string[] = []
  const server: Server = createServer((socket) => {
    connections.push(socket)
    socket.on('error', () => {})
    let said = Buffer.alloc(0)
    let [isKnown, calls] = [false, 0]
    socket.on('data', (bytes) => {
      said = Buffer.concat([said, bytes])
      const begin = said.indexOf('BEGIN\r\n')
      if (!isKnown && begin < 0) return
      if (!isKnown) {
        said = said.subarray(begin + 7)
        isKnown = true
        socket.write('OK 1234\r\n')
      }
      while (said.length >= 16) {
        const end = 16 + Math.ceil(said.readUInt32LE(12) / 8) * 8 + said.readUInt32LE(4)
        if (said.length < end) return
        expect(said[1]).toBe(call)
        const serial = said.readUInt32LE(8)
        said = said.subarray(end)
        calls++
        const wrong = calls === 1 ? undefined : errors.shift()
        // A signal, which nobody asked for, comes in between.
        socket.write(message(4, 0, 'news'))
        socket.write(
          wrong === undefined
            ? message(answer, serial, `call ${calls}`)
            : message(error, serial, 'it says', wrong),
        )
      }
    })
  })
  await new Promise<void>((resolve) => server.listen(path, resolve))
  const bus: FakeBus = {
    address: `unix:path=${path}`,
    connections,
    get open() {
      return connections.filter(({ destroyed }) => !destroyed).length
    },
    errors,
    async end() {
      for (const socket of connections) socket.destroy()
      await new Promise((resolve) => server.close(resolve))
    },
  }
  buses.push(bus)
  return bus
}

/** A Perl that has `bus.pl`; answers what a call of the bus answers, or what it dies with. */
function caller(): { ask(address: string): Promise<string>; [Symbol.dispose](): void } {
  const script = `require $ARGV[0]; $| = 1; while (my $bus = <STDIN>) {
    chomp $bus; my $said = eval { Bus::call($bus, 'DisplayExport', 'q', 7) } // $@; $said =~ s/\\n//g; print "$said\\n" }`
  const child = spawn('perl', ['-e', script, join(import.meta.dirname, 'bus.pl')], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  const lines = createInterface(child.stdout)[Symbol.asyncIterator]()
  return {
    async ask(address) {
      child.stdin.write(`${address}\n`)
      const { value } = await lines.next()
      return String(value)
    },
    [Symbol.dispose]: () => child.stdin.end(),
  }
}

test('calls of one bus go through one connection', async () => {
  const bus = await fakeBus('one')
  using perl = caller()
  expect([await perl.ask(bus.address), await perl.ask(bus.address), await perl.ask(bus.address)]).toEqual([
    'call 2',
    'call 3',
    'call 4',
  ])
  expect(bus.connections).toHaveLength(1)
})

test('a bus that closed the connection, or ended and came back, is asked on a new one', async () => {
  const bus = await fakeBus('one')
  using perl = caller()
  await perl.ask(bus.address)
  bus.connections[0]?.destroy()
  expect(await perl.ask(bus.address)).toBe('call 2')
  await bus.end()
  buses.length = 0
  expect(await perl.ask(bus.address)).toMatch(/No such file|refused/)
  const next = await fakeBus('one')
  expect(await perl.ask(bus.address)).toBe('call 2')
  expect(next.connections).toHaveLength(1)
})

test('what Ganesha refuses is told, and the connection is kept', async () => {
  const bus = await fakeBus('one')
  using perl = caller()
  await perl.ask(bus.address)
  bus.errors.push('org.freedesktop.DBus.Error.Failed')
  expect(await perl.ask(bus.address)).toBe('Error org.freedesktop.DBus.Error.Failed: it says')
  expect(await perl.ask(bus.address)).toBe('call 4')
  expect(bus.connections).toHaveLength(1)
})

test.each(['ServiceUnknown', 'NoReply'])(
  'a kept connection to where Ganesha is no more (%s) gives way to a new one; a new one is believed',
  async (name) => {
    const bus = await fakeBus('one')
    const why = `org.freedesktop.DBus.Error.${name}`
    using perl = caller()
    await perl.ask(bus.address)
    bus.errors.push(why)
    expect(await perl.ask(bus.address)).toBe('call 2')
    bus.errors.push(why, why)
    expect(await perl.ask(bus.address)).toBe(`Error ${why}: it says`)
    expect(bus.connections).toHaveLength(3)
  },
)

test('only so many are kept', async () => {
  const many = await Promise.all(Array.from({ length: 20 }, (_, index) => fakeBus(`bus${index}`)))
  using perl = caller()
  for (const { address } of many) expect(await perl.ask(address)).toBe('call 2')
  await expect.poll(() => many.reduce((sum, { open }) => sum + open, 0)).toBe(16)
  for (const { address } of many) expect(await perl.ask(address)).toMatch(/^call [23]$/)
})
