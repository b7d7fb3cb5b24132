/**
 * What a cephx user of its own costs for each NFS export on CephFS: memory, threads and time, beside one user for all. Run by
 * hand on a machine with Ceph's packages: `node test/perf/cephfs-exports.ts [exports]`; docs/decisions/0018-cephx-users.md
 * has what it printed.
 */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { driver as cephfs } from '../../src/storage/drivers/cephfs/index.ts'
import { call, complete, shareRef, startBench } from '../../src/storage/drivers/cephfs/bench.fixture.ts'
import { servedByUsers } from '../../src/storage/host/server-users.ts'
import { exporter as ganesha } from '../../src/storage/exporters/ganesha/index.ts'
import type { Exporter, ExportRef } from '../../src/storage/contract/driver.ts'
import { pidIn } from '../../src/storage/exporters/ganesha/pid.fixture.ts'

const exports = Number(process.argv[2] ?? 100)
const bench = await startBench()
try {
  await measured('one user for all', (exporter) => exporter)
  await measured('a user for each', (exporter, driver) => servedByUsers(exporter, driver.serverUsers)!)
} finally {
  await bench.clean()
}

async function measured(
  what: string,
  through: (exporter: Exporter, driver: ReturnType<typeof cephfs.create>) => Exporter,
): Promise<void> {
  const parts = bench.host(what.replaceAll(' ', '-'))
  const driver = cephfs.create(complete(cephfs.options, bench.driverOptions), parts)
  await driver.setup(call())
  const exporter = through(ganesha.create(complete(ganesha.options, bench.exporterOptions), parts), driver)
  await exporter.setup(call())
  const targets: ExportRef[] = []
  for (let made = 0; made < exports; made++) {
    const ref = shareRef({ protocol: 'NFS' })
    const { state, tree } = await driver.create(call(), ref)
    targets.push({ id: ref.id, protocol: 'NFS', projectId: 'p', state, tree, name: ref.id })
  }
  const pid = pidIn(join(parts.dir, 'ganesha'))
  const status = (field: string) =>
    Number(new RegExp(`^${field}:\\s+(\\d+)`, 'm').exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1])
  const tell = (after: string, ms = 0) => {
    const [mb, threads] = [(status('VmRSS') / 1024).toFixed(0), status('Threads')]
    const each = ms === 0 ? '' : `, ${(ms / exports).toFixed(0)} ms each`
    process.stdout.write(`${what}, ${after}: ${mb} MB, ${threads} threads${each}\n`)
  }
  tell('no export')
  let began = performance.now()
  for (const target of targets) await exporter.publish(call(), target)
  tell(`${exports} exports`, performance.now() - began)
  began = performance.now()
  for (const target of targets) await exporter.unpublish(call(), target)
  tell('none again', performance.now() - began)
  await exporter.stop(call(), { detach: true })
  await driver.stop(call(), { detach: true })
}
