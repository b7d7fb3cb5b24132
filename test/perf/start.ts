/** From the start of the process to its first 200, as a balancer or a supervisor sees it. */
import { spawn } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { stringify } from 'smol-toml'
import { bytes, figure, memoryOf, ms, processorOf, type Figure } from './report.ts'
import { settingsIn } from './service.ts'
import { percentile } from './timing.ts'
import { freePort } from '../../src/exec/free-port.ts'

const fromSources = join(import.meta.dirname, '../../src/bin/manila-all.ts')
const runs = 3

/** Starts `manila-all` on `dir`; answers how long it took, how much of a processor, and what it weighed then. */
export async function startOnce(
  dir: string,
  program: string = fromSources,
  env: NodeJS.ProcessEnv = process.env,
): Promise<{ readonly tookMs: number; readonly processorMs: number; readonly rss: number }> {
  mkdirSync(dir, { recursive: true })
  const port = await freePort()
  const config = join(dir, 'bench.toml')
  writeFileSync(config, stringify({ ...settingsIn(dir, 'sim'), api: { port } }))
  const began = performance.now()
  const child = spawn(process.execPath, [program, '--config', config], {
    stdio: ['ignore', 'ignore', 'pipe'],
    env,
  })
  let said = ''
  child.stderr.on('data', (chunk: Buffer) => (said += chunk.toString()))
  const ended = new Promise<void>((resolve) => child.on('exit', () => resolve()))
  try {
    for (;;) {
      const answer = await fetch(`http://127.0.0.1:${port}/healthcheck`).catch(() => null)
      await answer?.text()
      if (answer?.status === 200) break
      if (child.exitCode !== null) throw new Error(`manila-all ended with ${child.exitCode}: ${said}`)
      await new Promise((resolve) => setTimeout(resolve, 5))
    }
    const tookMs = performance.now() - began
    return { tookMs, processorMs: processorOf(child.pid ?? 0), rss: memoryOf(child.pid ?? 0).now }
  } finally {
    child.kill('SIGTERM')
    await ended
  }
}

/** On an empty directory, and on one that holds what another measurement left there. */
export async function measureStart(empty: (run: number) => string, full: string): Promise<Figure[]> {
  const fresh = []
  const again = []
  for (let run = 0; run < runs; run++) {
    fresh.push(await startOnce(empty(run)))
    again.push(await startOnce(full))
  }
  const median = (all: readonly { readonly tookMs: number }[]): string =>
    ms(
      percentile(
        all.map(({ tookMs }) => tookMs),
        50,
      ),
    )
  const idle = percentile(
    fresh.map(({ rss }) => rss),
    50,
  )
  return [
    figure('start to first 200, empty directory', median(fresh), `median of ${runs}; makes the database`),
    figure('start to first 200, 100,000 shares', median(again), `median of ${runs}`),
    figure('memory at that moment', bytes(idle), 'empty directory'),
  ]
}
