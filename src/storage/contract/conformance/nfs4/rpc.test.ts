/** The client against servers that lie, stall and leave; the good server is Ganesha, in test/system. */
import { once } from 'node:events'
import { createServer, type AddressInfo, type Socket } from 'node:net'
import { afterEach, describe, expect, test } from 'vitest'
import { mountNfs } from './index.ts'
import { maxRecordBytes, recordMark, RecordReader } from './records.ts'
import { rpcConnect } from './rpc.ts'
import { XdrWriter } from './xdr.ts'

const undo: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const step of undo.splice(0).reverse()) await step()
})

/** A server that hands every call's transaction number to `answer`. */
async function server(answer: (transaction: number, socket: Socket) => void): Promise<number> {
  const listening = createServer((socket) => {
    const records = new RecordReader((record) => answer(record.readUInt32BE(0), socket))
    socket.on('data', (chunk: Buffer) => records.push(chunk))
    socket.on('error', () => undefined)
    undo.push(async () => socket.destroy())
  })
  listening.listen(0, '127.0.0.1')
  await once(listening, 'listening')
  undo.unshift(() => new Promise((resolve) => listening.close(resolve)))
  return (listening.address() as AddressInfo).port
}

async function client(port: number, timeoutMs = 2000) {
  const rpc = await rpcConnect({ host: '127.0.0.1', port, timeoutMs, uid: 0, gid: 0 })
  undo.push(() => rpc.close())
  return rpc
}

/** An accepted reply with one word of result. */
const accepted = (transaction: number, word: number): Buffer =>
  Buffer.concat(new XdrWriter().u32(transaction).u32(1).u32(0).u32(0).u32(0).u32(0).u32(word).pieces())
const record = (body: Buffer): Buffer => Buffer.concat([recordMark(body.length), body])

describe('RPC', () => {
  test('replies in any order and in any pieces reach their calls', async () => {
    const waiting: number[] = []
    const port = await server((transaction, socket) => {
      waiting.push(transaction)
      if (waiting.length < 3) return
      const bytes = Buffer.concat(
        waiting.toReversed().map((one) => record(accepted(one, waiting.indexOf(one)))),
      )
      for (const byte of bytes) socket.write(Buffer.from([byte]))
    })
    const rpc = await client(port)
    const replies = await Promise.all([0, 1, 2].map(() => rpc.call(100_003, 4, 1, [])))
    expect(replies.map((reply) => reply.u32())).toEqual([0, 1, 2])
  })

  test('a message in fragments is put together', () => {
    const seen: string[] = []
    const reader = new RecordReader((one) => seen.push(one.toString()))
    const fragment = (text: string, last: boolean): Buffer => {
      const mark = Buffer.alloc(4)
      mark.writeUInt32BE(text.length + (last ? 0x8000_0000 : 0))
      return Buffer.concat([mark, Buffer.from(text)])
    }
    reader.push(
      Buffer.concat([
        fragment('one ', false),
        fragment('', false),
        fragment('two', true),
        fragment('', true),
        fragment('3', true),
      ]),
    )
    expect(seen).toEqual(['one two', '', '3'])
  })

  test('a call without an answer ends with its deadline, a late answer harms nobody', async () => {
    const unanswered: number[] = []
    const port = await server((transaction, socket) => {
      unanswered.push(transaction)
      if (unanswered.length < 2) return
      for (const [index, one] of unanswered.entries()) socket.write(record(accepted(one, index)))
    })
    const rpc = await client(port, 100)
    await expect(rpc.call(1, 1, 1, [])).rejects.toMatchObject({ code: 'DEADLINE' })
    expect((await rpc.call(1, 1, 1, [])).u32()).toBe(1)
  })

  test.each([
    ['announced in one fragment', () => recordMark(maxRecordBytes + 1)],
    ['sent without end in small fragments', () => Buffer.alloc(4 * 5000)],
  ])('a record above the limit, %s, ends the connection', async (_name, bytes) => {
    const port = await server((_, socket) => socket.write(bytes()))
    const rpc = await client(port)
    await expect(rpc.call(1, 1, 1, [])).rejects.toMatchObject({ code: 'PROTOCOL' })
    await expect(rpc.call(1, 1, 1, [])).rejects.toMatchObject({ code: 'PROTOCOL' })
  })

  test('a server that leaves fails every call; so does our own close', async () => {
    const port = await server((_, socket) => socket.destroy())
    const rpc = await client(port)
    const calls = [rpc.call(1, 1, 1, []), rpc.call(1, 1, 1, [])]
    for (const result of await Promise.allSettled(calls)) {
      expect(result).toMatchObject({ status: 'rejected', reason: { code: 'CONNECTION' } })
    }
    const quiet = await client(await server(() => undefined))
    const call = quiet.call(1, 1, 1, [])
    call.catch(() => undefined)
    await quiet.close()
    await expect(call).rejects.toMatchObject({ code: 'CONNECTION' })
  })

  test('refusals of the RPC layer have names', async () => {
    const port = await server((transaction, socket) => {
      const body = Buffer.concat(new XdrWriter().u32(transaction).u32(1).u32(1).u32(1).u32(5).pieces())
      socket.write(record(body))
    })
    await expect((await client(port)).call(1, 1, 1, [])).rejects.toMatchObject({ code: 'DENIED' })
  })

  test('nobody listens: CONNECTION, with where', async () => {
    const options = { host: '127.0.0.1', port: 1, path: '/x' }
    await expect(mountNfs(options)).rejects.toMatchObject({
      code: 'CONNECTION',
      message: expect.stringMatching(':1'),
    })
  })

  test('a mount of a server that answers nonsense fails and leaves no connection', async () => {
    let open = 0
    const port = await server((transaction, socket) => {
      if (open++ === 0) socket.on('close', () => (open = -1))
      socket.write(record(accepted(transaction, 0)))
    })
    const options = { host: '127.0.0.1', port, path: '/x', timeoutMs: 1000 }
    await expect(mountNfs(options)).rejects.toMatchObject({ code: 'PROTOCOL' })
    await expect.poll(() => open).toBe(-1)
  })
})
