import { createServer } from 'node:net'
import { expect, test } from 'vitest'
import { freePort, freePorts } from './free-port.ts'

test('free ports differ, can be listened on, and are none that the kernel gives away', async () => {
  const ports = await freePorts(50)
  expect(new Set(ports).size).toBe(50)
  for (const port of ports) {
    expect(port).toBeGreaterThanOrEqual(20_000)
    expect(port).toBeLessThan(32_768)
  }
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(ports[0], '127.0.0.1', resolve))
  server.close()
})

test('an address of another host is an error', async () => {
  await expect(freePort('192.0.2.1')).rejects.toThrow('EADDRNOTAVAIL')
})
