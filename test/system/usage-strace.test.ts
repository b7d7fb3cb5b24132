/**
 * How full a share is comes from the file system's counters: while a fresh figure is asked for, neither the service nor
 * any child of it reads a directory of a share, whatever is in there. `strace` watches; root only.
 */
import assert from 'node:assert/strict'
import { execFile, spawn, spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { mounts } from '../../src/storage/host/mountinfo.ts'
import type { Client } from '../../src/sdk/client.ts'
import { createShare, showShare } from '../../src/wire/shares/schema.ts'
import { showShareUsage } from '../../src/wire/usages/schema.ts'
import { startServiceProcess, type ServiceProcess } from '../helpers/service-process.ts'
import { leftOnHost, until } from '../faults/world.ts'
import { obstacleOf, pools } from './nfs-bench.ts'

const noStrace = spawnSync('strace', ['-V']).status === 0 ? null : 'not installed: strace'
const files = 3000
const fileBytes = 4096
/** Opens and reads of directories whose path has `name` in it, in what `strace -y` wrote. */
function directoryReads(trace: string, name: string): string[] {
  return readFileSync(trace, 'utf8')
    .split('\n')
    .filter((line) => line.includes(name))
    .filter((line) => /\bgetdents(64)?\(/.test(line) || /\bopen(at2?)?\(.*O_DIRECTORY/.test(line))
}

const watched = ['-f', '-y', '-s', '4096', '-e', 'trace=execve,getdents,getdents64,open,openat,openat2']

/** The process and all that descend from it: what starts the commands is a child that was there before. */
function family(pid: number): number[] {
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ').filter(Boolean)
  return [pid, ...children.flatMap((child) => family(Number(child)))]
}

/** Runs `body` while strace watches the process, its threads, its children and every child they start. */
async function straced(pid: number, trace: string, body: () => Promise<void>): Promise<void> {
  const all = family(pid)
  const tracer = spawn('strace', [...watched, '-o', trace, ...all.flatMap((one) => ['-p', String(one)])], {
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  const ended = new Promise((resolve) => tracer.on('exit', resolve))
  let said = ''
  tracer.stderr.on('data', (chunk: Buffer) => (said += chunk.toString()))
  try {
    await until(`strace attached: ${said}`, 20_000, async () =>
      all.every((one) => said.includes(`Process ${one} attached`)),
    )
    await body()
  } finally {
    tracer.kill('SIGINT')
    await ended
  }
}

for (const pool of pools) {
  const cannot = obstacleOf(pool) ?? noStrace
  const image = pool === 'image'
  describe(`sizes without a walk (root, ${pool}, strace${cannot === null ? '' : `: ${cannot}`})`, () => {
    const dir = mkdtempSync(join(tmpdir(), 'manila-strace-'))
    let service: ServiceProcess
    let demo: Client

    beforeAll(async () => {
      if (cannot !== null) return
      service = await startServiceProcess({
        dir,
        kind: pool,
        env: { TEST_DETACH: '1' },
        settings: {
          log_level: 'error',
          auth: { key_file: join(dir, 'token-key.json') },
          backends: {
            alpha: {
              driver: pool,
              exporter: 'sim',
              driver_options: { loop_file: join(dir, 'pool.img'), size_gib: 4 },
            },
          },
        },
      })
      demo = await service.connect('manila-demo')
    })
    afterAll(async () => {
      await service?.stop()
      expect(leftOnHost(dir)).toEqual([])
      rmSync(dir, { recursive: true, force: true })
    })

    /** Where clients' files are. */
    const treeOf = (backend: string, instanceId: string): string => {
      if (!image) return join(backend, 'pool/manila/shares', instanceId)
      const exported = `${join(backend, 'exports')}/`
      const found = mounts().find(({ path }) => path.startsWith(exported) && path.includes(`/${instanceId}.`))
      return found?.path ?? assert.fail(`no tree of ${instanceId} is mounted`)
    }

    test.skipIf(cannot !== null)('a usage refresh reads no directory under a share', async () => {
      const { share } = await demo.call(createShare, { body: { share: { share_proto: 'NFS', size: 1 } } })
      const params = { id: share.id }
      await until('the share is available', 60_000, async () => {
        return (await demo.call(showShare, { params })).share.status === 'available'
      })
      const backend = join(dir, 'backends', 'alpha')
      const [instanceId = ''] = readdirSync(join(backend, 'pool/manila/shares'))
      const tree = treeOf(backend, instanceId)
      for (let folder = 0; folder < 30; folder++) {
        mkdirSync(join(tree, `folder-${folder}`))
        for (let n = 0; n < files / 30; n++)
          writeFileSync(join(tree, `folder-${folder}`, `file-${n}`), Buffer.alloc(fileBytes, n + 1))
      }
      // Counters follow the file system's own commits; this one is made now.
      await promisify(execFile)('sync', ['--file-system', tree])

      const trace = join(dir, 'service.trace')
      await straced(service.pid, trace, async () => {
        const { usage } = await demo.call(showShareUsage, { params, query: { refresh: 'true' } })
        expect(usage.method).toBe(image ? 'xfs-statfs' : 'btrfs-qgroup')
        expect(usage.used_bytes).toBeGreaterThan(files * fileBytes)
      })
      // It did watch: the commands that brought the counters up to date.
      expect(readFileSync(trace, 'utf8')).toMatch(/execve\("\S+\/btrfs"/)
      expect(directoryReads(trace, instanceId)).toEqual([])

      // The same eyes see a walk when there is one.
      const walk = join(dir, 'walk.trace')
      spawnSync('strace', [...watched, '-o', walk, 'du', '-s', tree])
      expect(directoryReads(walk, instanceId).length).toBeGreaterThan(30)
    })
  })
}
