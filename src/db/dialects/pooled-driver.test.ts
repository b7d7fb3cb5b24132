import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { DatabaseUnavailable } from '../unavailable.ts'
import { pooledDriver, type Client, type ClientPool } from './pooled-driver.ts'

const lost = Object.assign(new Error('refused'), { code: 'ECONNREFUSED' })
const limits = { max: 2, acquireTimeoutMs: 1000, statementTimeoutMs: 1000 }
const callers = 50

/** A server that refuses until it is told otherwise. */
class Server implements ClientPool {
  tries = 0
  inUse = 0
  refuses: Error | null = lost

  async acquire(): Promise<Client> {
    this.tries++
    await sleep(1)
    if (this.refuses !== null) throw this.refuses
    this.inUse++
    return {
      run: async () => ({ rows: [] }),
      interrupt: () => {},
      traffic: () => ({ bytesRead: 0, bytesWritten: 0 }),
      destroy: () => {},
      release: () => void this.inUse--,
    }
  }

  async end(): Promise<void> {}
}

async function connected(server: Server) {
  const driver = pooledDriver({
    open: async () => server,
    limits,
    begin: 'begin',
    isLost: (error) => error === lost,
    isOverdue: () => false,
  })
  await driver.init()
  return driver
}

describe('a database that is away', () => {
  test('is tried by one of those who wait, and serves all of them when it is back', async () => {
    const server = new Server()
    const driver = await connected(server)
    const asked = Array.from({ length: callers }, () => driver.acquireConnection())
    await sleep(550)
    // Each once, and ten times a second for all.
    expect(server.tries).toBeGreaterThan(callers)
    expect(server.tries).toBeLessThan(callers + 8)
    server.refuses = null
    const connections = await Promise.all(asked)
    expect(server.inUse).toBe(callers)
    for (const connection of connections) await driver.releaseConnection(connection)
    expect(server.inUse).toBe(0)
  })

  test('is said to be away when the wait for a connection is over, and is tried no more', async () => {
    const server = new Server()
    const driver = await connected(server)
    const refused = await Promise.allSettled(
      Array.from({ length: callers }, () => driver.acquireConnection()),
    )
    for (const one of refused)
      expect(one).toMatchObject({ reason: expect.any(DatabaseUnavailable), status: 'rejected' })
    await sleep(150)
    const { tries } = server
    await sleep(300)
    expect(server.tries).toBe(tries)
  })

  test('hides nothing else: everybody is told what is wrong', async () => {
    const server = new Server()
    const driver = await connected(server)
    const asked = Promise.allSettled(Array.from({ length: callers }, () => driver.acquireConnection()))
    await sleep(50)
    const wrong = new Error('no such role')
    server.refuses = wrong
    for (const one of await asked) expect(one).toMatchObject({ reason: wrong })
  })
})
