import { createServer, type AddressInfo } from 'node:net'
import { expect, test } from 'vitest'
import { isWildcard, listeners, listenersIn, peersIn } from './listening.ts'

const table = `  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 0100007F:0801 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 1 1
   1: 00000000:0802 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 2 1
   2: 0100007F:0801 0100007F:9C40 01 00000000:00000000 00:00000000 00000000     0        0 3 1
   3: 0000000000000000FFFF00000200007F:0801 00000000000000000000000000000000:0000 0A 0 0 0
   4: 00000000000000000000000000000000:0803 00000000000000000000000000000000:0000 0A 0 0 0
   5: B80D0120000000000000000001000000:0803 00000000000000000000000000000000:0000 0A 0 0 0
`

test('only listeners on the port count, and addresses are as people write them', () => {
  expect(listenersIn(table, 0x801)).toEqual(['127.0.0.1', '127.0.0.2'])
  expect(listenersIn(table, 0x802)).toEqual(['0.0.0.0'])
  expect(listenersIn(table, 0x803)).toEqual(['0:0:0:0:0:0:0:0', '2001:db8:0:0:0:0:0:1'])
  expect(listenersIn(table, 0x804)).toEqual([])
  expect(['0.0.0.0', '0:0:0:0:0:0:0:0', '::'].map(isWildcard)).toEqual([true, true, true])
  expect(['127.0.0.1', '0:0:0:0:0:0:0:1'].map(isWildcard)).toEqual([false, false])
})

test('who is connected, and who was until the server died', () => {
  const connections = `${table}
   6: 0100007F:0801 0200007F:9C41 06 0
   7: B80D0120000000000000000001000000:0801 B80D0120000000000000000007000000:9C41 01 0
`
  const on = (address: string, closing = false) => peersIn(connections, 0x801, { address, closing })
  expect(on('127.0.0.1')).toEqual(['127.0.0.1'])
  expect(on('127.0.0.1', true)).toEqual(['127.0.0.1', '127.0.0.2'])
  expect(on('2001:db8::1')).toEqual(['2001:db8:0:0:0:0:0:7'])
  expect(on('0.0.0.0')).toEqual(['127.0.0.1', '2001:db8:0:0:0:0:0:7'])
  expect(on('127.0.0.3', true)).toEqual([])
})

test.skipIf(process.platform !== 'linux')('the kernel is asked', async () => {
  for (const [host, expected] of [
    ['127.0.0.1', '127.0.0.1'],
    ['0.0.0.0', '0.0.0.0'],
  ] as const) {
    const server = createServer()
    await new Promise<void>((resolve) => server.listen(0, host, resolve))
    expect(listeners(process.pid, (server.address() as AddressInfo).port)).toEqual([expected])
    await new Promise((resolve) => server.close(resolve))
  }
})
