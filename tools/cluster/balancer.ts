/**
 * What stands in for HAProxy on one machine: connections go to one address after the other, and to the next when one refuses.
 * It balances connections, not requests, and knows no health checks: a process that is paused keeps those it has.
 */
import { connect, createServer, type AddressInfo, type Socket } from 'node:net'

export interface Balancer {
  readonly port: number
  /** Takes a target out of rotation before it is restarted, and back in; connections that it has go on. */
  enable(target: number, enabled: boolean): void
  close(): Promise<void>
}

export async function startBalancer(port: number, targets: readonly number[]): Promise<Balancer> {
  const open = new Set<Socket>()
  const disabled = new Set<number>()
  let next = 0
  const server = createServer((client) => {
    open.add(client)
    client.on('close', () => open.delete(client))
    client.on('error', () => {})
    client.pause()
    const first = next++
    const order = targets.map((_, index) => targets[(first + index) % targets.length] ?? 0)
    forward(
      client,
      order.filter((target) => !disabled.has(target)),
    )
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, '127.0.0.1', resolve)
  })
  return {
    port: (server.address() as AddressInfo).port,
    enable(target, enabled) {
      if (enabled) disabled.delete(target)
      else disabled.add(target)
    },
    async close() {
      for (const socket of open) socket.destroy()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

function forward(client: Socket, [target, ...others]: readonly number[]): void {
  if (target === undefined) {
    client.destroy()
    return
  }
  const upstream = connect(target, '127.0.0.1')
  let connected = false
  upstream.once('connect', () => {
    connected = true
    client.pipe(upstream)
    upstream.pipe(client)
    client.resume()
  })
  upstream.on('error', () => {
    if (!connected) forward(client, others)
  })
  upstream.on('close', () => connected && client.destroy())
  client.on('close', () => upstream.destroy())
}
