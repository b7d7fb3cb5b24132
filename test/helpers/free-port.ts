/** A port that nobody listens on now. */
import { createServer, type AddressInfo } from 'node:net'

/** Of 127.0.0.1. Somebody else may take it before you do. */
export async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  return port
}
