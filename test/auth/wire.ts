/**
 * The network between a service and its neighbour, on loopback, with faults: it passes everything on; or it is a black hole,
 * in which nothing on the way arrives and no new connection is even begun, as behind a dead switch.
 */
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net'

export interface Wire {
  readonly port: number
  /** Connections that are open through it. */
  readonly open: number
  blackHole(): Promise<void>
  /** As before the black hole. */
  heal(): Promise<void>
  close(): Promise<void>
}

export async function openWire(target: number): Promise<Wire> {
  const sockets = new Set<Socket>()
  const remember = (socket: Socket): void => {
    sockets.add(socket)
    socket.on('error', () => {})
    socket.on('close', () => sockets.delete(socket))
  }
  const pass = (port: number): Promise<Server> => {
    const server = createServer({ allowHalfOpen: false }, (near) => {
      const far = connect(target, '127.0.0.1')
      remember(near)
      remember(far)
      near.pipe(far)
      far.pipe(near)
      near.on('close', () => far.destroy())
      far.on('close', () => near.destroy())
      far.on('error', () => near.resetAndDestroy())
    })
    return new Promise((resolve) => server.listen(port, '127.0.0.1', () => resolve(server)))
  }
  let server: Server | null = await pass(0)
  const { port } = server.address() as AddressInfo
  let hole: { readonly child: ChildProcess; readonly fillers: readonly Socket[] } | null = null

  const heal = async (): Promise<void> => {
    if (hole === null) return
    const ended = once(hole.child, 'exit')
    hole.child.kill('SIGKILL')
    await ended
    for (const filler of hole.fillers) filler.destroy()
    hole = null
    // What was on the way never arrives; its senders give it up by themselves.
    server = await pass(port)
  }
  return {
    port,
    get open() {
      return sockets.size / 2
    },
    async blackHole() {
      for (const socket of sockets) socket.unpipe().pause()
      server?.close()
      server = null
      hole = await dig(port)
    },
    heal,
    async close() {
      await heal()
      server?.close()
      for (const socket of sockets) socket.destroy()
    },
  }
}

/** Listens and never accepts, with a queue that is full: the kernel drops whoever knocks. */
async function dig(port: number): Promise<{ child: ChildProcess; fillers: Socket[] }> {
  const program = [
    'import socket, sys, time',
    's = socket.socket()',
    's.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)',
    's.bind(("127.0.0.1", int(sys.argv[1])))',
    's.listen(0)',
    'print("ready", flush=True)',
    'time.sleep(600)',
  ].join('\n')
  const child = spawn('/usr/bin/python3', ['-c', program, String(port)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  await once(child.stdout, 'data')
  const fillers: Socket[] = []
  // Until one is not let in.
  for (let isIn = true; isIn && fillers.length < 10;) {
    const filler = connect(port, '127.0.0.1')
    filler.on('error', () => {})
    fillers.push(filler)
    isIn = await Promise.race([
      once(filler, 'connect').then(() => true),
      new Promise<boolean>((resolve) => setTimeout(() => resolve(false), 300)),
    ])
  }
  return { child, fillers }
}
