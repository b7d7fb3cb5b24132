/**
 * A host with a thousand shares, each a file system of its own behind one NFS server: how long they take to make, what they weigh,
 * and how long it takes until all are served again after a boot.
 */
import { execFileSync } from 'node:child_process'
import { readFileSync, statfsSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { freePort } from '../../src/exec/free-port.ts'
import { allowed } from './cluster/steps.ts'
import { create, untilAvailable } from './creates.ts'
import { bytes, figure, ms, perSecond, ratio, spread, type Figure } from './report.ts'
import { startMeasured, type MeasuredOptions } from './service.ts'
import { mounted, mountedAgain } from './storage.ts'
import { inParallel, percentile, timed } from './timing.ts'
import { pidIn } from '../../src/storage/exporters/ganesha/pid.fixture.ts'

const clients = 8
/** Created alone, before and after the many. */
const alone = 20
/** Shares that have a file of a client, which must be there after the boot. */
const sampled = 10

export async function measureMany(dir: string, count: number): Promise<Figure[]> {
  const nfsPort = await freePort()
  const backendDir = join(dir, 'backends/alpha')
  const options: MeasuredOptions = { sizeGib: 48, nfsPort, driverOptions: { max_mounts: count + 500 } }
  let service = await startMeasured(dir, 'image', options)
  try {
    const one = async (): Promise<string> => {
      const id = await create(service)
      await untilAvailable(service, id)
      return id
    }
    await timed(5, one)
    const before = await timed(alone, one)
    const empty = weights(backendDir)
    const began = performance.now()
    await inParallel(count - alone - 5, clients, async () =>
      untilAvailable(service, await create(service), 20),
    )
    const madeMs = performance.now() - began
    const full = weights(backendDir)
    const ids: string[] = []
    const after = await timed(alone, async () => void ids.push(await one()))
    const per = (what: keyof Weights): number =>
      Math.round((10 * (full[what] - empty[what])) / (count - alone - 5)) / 10
    const target = { name: 'this tree', call: service.call, putOff: { times: 0 } }
    const rules = await timed(alone * 2, (n) => allowed(target, ids[n % alone] ?? '', `192.0.2.${n + 1}`))
    const sample = ids.slice(0, sampled)
    for (const id of sample) {
      const nfs = await mounted(service, id, nfsPort)
      await nfs.write('mine', Buffer.from(id))
      await nfs.close()
    }
    const served = exportsServed(backendDir)

    // The service alone: mounts and NFS server go on.
    await service.process.kill()
    const again = performance.now()
    service = await startMeasured(dir, 'image', options)
    const serviceMs = performance.now() - again

    // The host: everything is unmounted and the NFS server ended.
    const stopping = performance.now()
    await service.stop()
    const stoppedMs = performance.now() - stopping
    const steps = exportSteps(join(dir, 'manila.db'))
    const booting = performance.now()
    service = await startMeasured(dir, 'image', { ...options, atOnce: true })
    const answersMs = performance.now() - booting
    for (const end = performance.now() + 900_000; exportsServed(backendDir) < served;) {
      if (performance.now() > end)
        throw new Error(`${exportsServed(backendDir)} of ${served} exports are served after 15 minutes`)
      await new Promise((resolve) => setTimeout(resolve, 250))
    }
    const bootMs = performance.now() - booting
    for (const id of sample) {
      const nfs = await mountedAgain(service, id, nfsPort)
      const found = (await nfs.read('mine')).toString()
      if (found !== id) throw new Error(`share ${id} holds ${found} after the boot`)
      await nfs.close()
    }
    const of = `, ${count.toLocaleString('en-US')} shares`
    return [
      figure(`made by ${clients} clients${of}`, ms(madeMs), perSecond(count - alone - 5, madeMs)),
      figure(
        'create → available alone, with none beside',
        spread(before),
        `of it the export ${spread(steps.slice(0, alone))}`,
      ),
      figure(
        `create → available alone, beside ${count.toLocaleString('en-US')}`,
        spread(after),
        `${ratio(percentile(after, 50), percentile(before, 50))}; of it the export ${spread(steps.slice(-alone))}`,
      ),
      figure(`access rule → active, beside ${count.toLocaleString('en-US')}`, spread(rules)),
      figure('space of the pool, each', bytes(Math.round(per('space'))), 'empty shares of 1 GiB'),
      figure(
        'memory of the kernel, each',
        bytes(Math.round(per('memory'))),
        'slabs, stacks and per-CPU; whatever else runs there is in it',
      ),
      figure('memory of the NFS server', bytes(full.server), `${bytes(empty.server)} before`),
      figure('threads, each', String(per('threads')), 'of the kernel, mostly'),
      figure(
        `restart of the service${of}`,
        ms(serviceMs),
        'until the backend is ready; clients notice nothing',
      ),
      figure(`stop and unmount all${of}`, ms(stoppedMs)),
      figure(
        `boot until all are served${of}`,
        ms(bootMs),
        `the API answers after ${ms(answersMs)}; ${sampled} files of clients were there`,
      ),
    ]
  } finally {
    await service.stop().catch(() => undefined)
  }
}

interface Weights {
  readonly space: number
  readonly memory: number
  readonly threads: number
  readonly server: number
}

function weights(backendDir: string): Weights {
  const pool = join(backendDir, 'pool')
  execFileSync('btrfs', ['filesystem', 'sync', pool])
  const { blocks, bfree, bsize } = statfsSync(pool)
  const about = readFileSync('/proc/meminfo', 'utf8')
  const kib = (key: string): number => Number(new RegExp(`^${key}:\\s+(\\d+) kB`, 'm').exec(about)?.[1] ?? 0)
  // Fourth field: runnable/all.
  const threads = /\/(\d+)/.exec(readFileSync('/proc/loadavg', 'utf8'))?.[1]
  const pid = pidIn(join(backendDir, 'ganesha'))
  const resident = /^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]
  return {
    space: (blocks - bfree) * bsize,
    memory: (kib('Slab') + kib('KernelStack') + kib('Percpu')) * 1024,
    threads: Number(threads),
    server: Number(resident) * 1024,
  }
}

/** As NFS-Ganesha says; 0 while there is none. */
function exportsServed(backendDir: string): number {
  const to = [
    '--dest=org.ganesha.nfsd',
    '/org/ganesha/nfsd/ExportMgr',
    'org.ganesha.nfsd.exportmgr.ShowExports',
  ]
  const bus = `--bus=unix:path=${join(backendDir, 'ganesha/bus')}`
  try {
    const said = execFileSync('dbus-send', [bus, '--print-reply', ...to], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
      maxBuffer: 64 * 1024 * 1024,
    })
    return [...said.matchAll(/string "(\/[^"]+\/exports\/[^"]+)"/g)].length
  } catch {
    return 0
  }
}

/** Milliseconds of the step that makes and exports a new share, in the order of their creation. The service must be stopped. */
function exportSteps(database: string): number[] {
  const db = new DatabaseSync(database, { readOnly: true })
  const rows = db
    .prepare(
      `select s.finished_at - s.started_at as us from operation_steps s join operations o on o.id = s.operation_id
        where o.kind = 'create-share' and s.name = 'backend' order by o.created_at`,
    )
    .all() as { us: number }[]
  db.close()
  return rows.map(({ us }) => us / 1000)
}
