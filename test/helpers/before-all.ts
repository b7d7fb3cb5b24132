/** Before any system test: the service in one file, compiled. `test/run.ts` does it once for all its runs. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { oneFile } from './one-file.ts'
import { startServiceProcess } from './service-process.ts'

export async function setup(): Promise<void> {
  // Each project of a run asks for it.
  if (process.env.MANILA_TEST_SERVICE !== undefined) return
  process.env.MANILA_TEST_SERVICE = await oneFile(join(import.meta.dirname, 'serve.ts'), 'serve')
  process.env.NODE_COMPILE_CACHE = join(import.meta.dirname, '../../node_modules/.cache/compiled')
  // What was compiled is written down when a process ends by itself, which those of the tests seldom do.
  const dir = mkdtempSync(join(tmpdir(), 'manila-warm-up-'))
  try {
    const backends = { alpha: { driver: 'sim', exporter: 'sim' } }
    // One that doesn't make machine code is compiled in its own way.
    for (const brief of [false, true])
      await (await startServiceProcess({ dir, settings: { backends }, kind: 'sim', brief })).stop()
  } finally {
    rmSync(dir, { recursive: true, force: true })
  }
}
