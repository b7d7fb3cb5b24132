/**
 * One member writes flat out through NFS; what does another project notice, whose NFS server is another process? Its 4 KiB reads and
 * synced writes and its calls of the API are measured alone and beside it, on one disk.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { placeOf } from '../helpers/place.ts'
import { freePort } from '../../src/exec/free-port.ts'
import { create, untilAvailable } from './creates.ts'
import { caller, parsed } from './http.ts'
import { anotherMember } from './noisy.ts'
import { figure, spread, type Figure } from './report.ts'
import { startMeasured, type Measured } from './service.ts'
import { mounted } from './storage.ts'
import type { Nfs } from '../../src/storage/contract/conformance/nfs4/files.ts'

const mib = 1024 ** 2
const fileBytes = 64 * mib
const block = 4096
const addresses = ['127.77.0.1', '127.77.0.2']

export async function measureNoisyWriter(dir: string, seconds: number): Promise<Figure[]> {
  const nfsPort = await freePort()
  const exporterOptions = { servers: 'per-project', addresses }
  const { database } = await placeOf(dir)
  const service = await startMeasured(dir, 'image', { nfsPort, exporterOptions, database })
  try {
    const noisyId = await create(service)
    await untilAvailable(service, noisyId)
    const noisyNfs = await mounted(service, noisyId, nfsPort)
    await noisyNfs.close()
    const { quiet, login } = await quietMember(service)
    const quietId = await create(quiet)
    await untilAvailable(quiet, quietId)
    const nfs = await mounted(quiet, quietId, nfsPort)
    await nfs.write('file', { size: fileBytes, fillWith: (into) => void into.fill(1) })

    const alone = await observe(quiet, quietId, nfs, login, Math.min(5, seconds))
    const { export_locations } = parsed(
      await service.call('GET', `/v2/shares/${noisyId}/export_locations`),
    ) as { export_locations: readonly { readonly path: string }[] }
    const [host = '', path = ''] = (export_locations[0]?.path ?? '').split(/:(?=\/)/)
    const program = join(import.meta.dirname, 'flat-out.ts')
    const argv = [program, host, String(nfsPort), path, String(seconds)]
    const writer = spawn(process.execPath, argv, { stdio: ['ignore', 'pipe', 'inherit'] })
    let said = ''
    writer.stdout.on('data', (data: Buffer) => (said += data.toString()))
    const exited = once(writer, 'exit')
    const beside = await observe(quiet, quietId, nfs, login, seconds)
    await exited
    await nfs.close()
    quiet.call.close()
    return [
      figure(
        'the writer',
        `${(Number(said) / mib / seconds).toFixed(0)} MiB/s`,
        '4 streams over one address',
      ),
      figure('4 KiB read of another project, alone', spread(alone.reads), `${alone.reads.length} reads`),
      figure('  beside the writer', spread(beside.reads), `${beside.reads.length} reads`),
      figure('4 KiB synced write of another project, alone', spread(alone.writes)),
      figure('  beside the writer', spread(beside.writes), `${beside.writes.length} writes`),
      figure('GET of another member, alone', spread(alone.gets)),
      figure('  beside the writer', spread(beside.gets), `${beside.failed} failed; p99 may be 250 ms`),
      figure('login of another member, alone', spread(alone.logins)),
      figure('  beside the writer', spread(beside.logins), 'p99 may be 2000 ms'),
    ]
  } finally {
    await service.stop()
  }
}

type Login = () => Promise<string>

/** A member of another project, with the same calls. */
async function quietMember(service: Measured): Promise<{ quiet: Measured; login: Login }> {
  const { login } = await anotherMember(service)
  return { quiet: { ...service, call: caller(service.process.url, await login()) }, login }
}

async function observe({ call }: Measured, id: string, nfs: Nfs, login: Login, seconds: number) {
  const end = Date.now() + seconds * 1000
  const seen = {
    reads: [] as number[],
    writes: [] as number[],
    gets: [] as number[],
    logins: [] as number[],
    failed: 0,
  }
  const again = async (
    into: number[],
    pauseMs: number,
    work: (n: number) => Promise<unknown>,
  ): Promise<void> => {
    for (let n = 0; Date.now() < end; n++) {
      const began = performance.now()
      await work(n)
      into.push(performance.now() - began)
      await new Promise((resolve) => setTimeout(resolve, pauseMs))
    }
  }
  const anywhere = (n: number): number => ((n * 104_729) % (fileBytes / block)) * block
  const bytes = Buffer.alloc(block, 9)
  await Promise.all([
    nfs.reading('file', (file) => again(seen.reads, 2, (n) => file.readAt(anywhere(n), block))),
    nfs.overwriting('file', (file) => again(seen.writes, 10, (n) => file.writeAt(anywhere(n), bytes))),
    again(seen.gets, 10, async () => {
      if ((await call('GET', `/v2/shares/${id}`)).status !== 200) seen.failed++
    }),
    again(seen.logins, 500, async () => {
      if ((await login()) === '') seen.failed++
    }),
  ])
  return seen
}
