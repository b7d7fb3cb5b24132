/**
 * One client of NFS writing as fast as it is let, in a process of its own. Prints how many bytes were committed.
 * `flat-out.ts <host> <port> <path> <seconds>`.
 */
import { mountNfs, NfsError } from '../../src/storage/contract/conformance/nfs4/index.ts'

const [host = '', port = '', path = '', seconds = '10'] = process.argv.slice(2)
const until = Date.now() + Number(seconds) * 1000
const size = 64 * 1024 ** 2
const streams = 4
let written = 0

async function stream(number: number): Promise<void> {
  const nfs = await mountNfs({ host, port: Number(port), path, timeoutMs: 60_000 })
  while (Date.now() < until) {
    const fillWith = (into: Uint8Array): void => void into.fill(Date.now() & 0xff)
    try {
      written += await nfs.write(`stream-${number}`, { size, fillWith })
    } catch (error) {
      if (!(error instanceof NfsError)) throw error
      written += error.bytesWritten ?? 0
    }
  }
  await nfs.close()
}

await Promise.all(Array.from({ length: streams }, (_, number) => stream(number)))
process.stdout.write(`${written}\n`)
process.exit(0)
