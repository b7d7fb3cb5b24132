/** Ports for daemons that are told one. */
import { createServer } from 'node:net'

/**
 * Below those that the kernel gives to connections by itself (Linux: 32768 to 60999, `net.ipv4.ip_local_port_range`): between the
 * look and the daemon's own start, and while a daemon is restarted, no connection takes it.
 */
const [first, last] = [20_000, 32_767]

/** One that nobody listens on at this moment. Throws what the system says when `host` is no address of this host. */
export async function freePort(host = '127.0.0.1'): Promise<number> {
  for (let tries = 0; tries < 100; tries++) {
    const port = first + Math.floor(Math.random() * (last - first + 1))
    if (await isFree(host, port)) return port
  }
  throw new Error(`no port of ${host} between ${first} and ${last} is free`)
}

/** As {@link freePort}, `count` that differ. */
export async function freePorts(count: number): Promise<number[]> {
  const ports = new Set<number>()
  while (ports.size < count) ports.add(await freePort())
  return [...ports]
}

/** Whether nobody listens there at this moment. Throws as {@link freePort}. */
export function isFree(host: string, port: number): Promise<boolean> {
  const server = createServer()
  return new Promise((resolve, reject) => {
    server.on('error', (error: NodeJS.ErrnoException) =>
      error.code === 'EADDRINUSE' ? resolve(false) : reject(error),
    )
    server.listen({ port, host, exclusive: true }, () => server.close(() => resolve(true)))
  })
}
