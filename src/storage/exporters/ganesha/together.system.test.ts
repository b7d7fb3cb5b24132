/** Every process that serves a backend on a host looks after the same NFS-Ganesha, in the same moments. */
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { call, cannotRun, complete, scratch } from '../../drivers/btrfs/bench.fixture.ts'
import { readCrashes, recordCrash } from './crashes.ts'
import { commandsOf } from '../../host/commands.ts'
import { whileEndingSlowly } from './bench.fixture.ts'
import { exporter as ganesha, type GaneshaExporter } from './index.ts'
import { pidIn } from './pid.fixture.ts'

const processes = 6
/** What only a hang reaches. */
const patience = { timeout: 20_000 }

describe.skipIf(cannotRun !== null)('several processes of one host', () => {
  let bench: ReturnType<typeof scratch>
  let exporters: readonly GaneshaExporter[]
  let deaths: number
  const folder = (): string => join(bench.dir, 'alpha/ganesha')
  const alive = (pid: number): boolean => existsSync(`/proc/${pid}/stat`) && pid > 0
  const pid = (): number => pidIn(folder())

  beforeEach(() => {
    bench = scratch()
    deaths = 0
    exporters = Array.from({ length: processes }, () => {
      const parts = { ...bench.parts('alpha'), restarted: () => deaths++ }
      return ganesha.create(complete(ganesha.options, { port: 0 }), parts) as GaneshaExporter
    })
  })
  afterEach(async () => {
    for (const exporter of exporters) await exporter.stop(call(), { detach: true })
    bench.clean()
  })

  test('that begin in the same moment begin all, with one server', { timeout: 120_000 }, async () => {
    for (let round = 0; round < 3; round++) {
      await Promise.all(exporters.map((exporter) => exporter.setup(call())))
      expect(new Set(exporters.map((exporter) => exporter.port())).size).toBe(1)
    }
  })

  test('that find it dead bring it back once, and each of them goes on', { timeout: 120_000 }, async () => {
    for (const exporter of exporters) await exporter.setup(call())
    const before = pid()
    process.kill(before, 'SIGKILL')
    await Promise.all(exporters.map((exporter) => exporter.setup(call())))
    expect(alive(pid())).toBe(true)
    const commands = commandsOf(bench.parts('alpha').exec, call())
    const recorded = (): Promise<number> =>
      readCrashes(commands, join(folder(), 'crashes')).then(({ length }) => length)
    await expect.poll(recorded, patience).toBe(1)
    expect(deaths).toBe(1)
  })

  test('that was killed and is not yet gone is not taken for one that serves', async () => {
    const [one] = exporters
    await one?.setup(call())
    const before = pid()
    await whileEndingSlowly(before, 300, async () => {
      process.kill(before, 'SIGKILL')
      expect(alive(before)).toBe(true)
      await one?.setup(call())
    })
    expect(pid()).not.toBe(before)
    const socket = connect({ host: '127.0.0.1', port: one?.port() ?? 0 })
    await once(socket, 'connect')
    socket.destroy()
  })

  test('that can not write a death down serve all the same', { timeout: 120_000 }, async () => {
    const [one] = exporters
    await one?.setup(call())
    const commands = commandsOf(bench.parts('alpha').exec, call())
    // What lies in the way is a folder that is not empty.
    await commands.change(['mkdir', '-p', '--', join(folder(), 'crashes/in-the-way')])
    await expect(recordCrash(commands, join(folder(), 'crashes'), { atUs: 1, peers: [] })).rejects.toThrow()
    const before = pid()
    process.kill(before, 'SIGKILL')
    await one?.setup(call())
    expect(alive(pid())).toBe(true)
    await expect.poll(() => deaths, patience).toBe(1)
  })
})
