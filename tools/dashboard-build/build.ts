/** From the sources of the dashboard to the folder that the API serves: made beside it, then published piece by piece. */
import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { compressFiles } from './compress.ts'
import { fingerprint } from './fingerprint.ts'
import { builtFrom, publish } from './publish.ts'

const root = join(import.meta.dirname, '../..')
/** Where the API looks when nothing else is configured. */
const usualDir = join(root, 'build/dashboard')

/** Throws a sentence without development packages, and what Vite says of sources that can't be built. */
export async function buildDashboard(
  dir: string = usualDir,
): Promise<{ readonly kept: number; readonly took: string }> {
  const began = performance.now()
  const sources = fingerprint(root)
  const { build } = await vite()
  mkdirSync(dirname(dir), { recursive: true })
  // On the same file system, so that each file is moved into its place at once.
  const made = mkdtempSync(join(dirname(dir), '.dashboard-'))
  try {
    await build({
      configFile: join(root, 'dashboard/vite.config.ts'),
      logLevel: 'warn',
      // What the licences of the libraries in it ask for is served with them.
      build: { outDir: made, emptyOutDir: true, license: { fileName: 'licences.txt' } },
    })
    await compressFiles(made)
    const kept = publish(made, dir, { sources, now: Date.now() })
    return { kept, took: ((performance.now() - began) / 1000).toFixed(1) }
  } finally {
    rmSync(made, { recursive: true, force: true })
  }
}

/** `current`: nothing to do; `impossible`: there is no development package to build it with. */
export function dashboardState(dir: string = usualDir): 'current' | 'stale' | 'missing' | 'impossible' {
  const before = existsSync(join(dir, 'index.html')) ? builtFrom(dir) : null
  if (before !== null && before === fingerprint(root)) return 'current'
  if (!existsSync(join(root, 'node_modules/vite'))) return 'impossible'
  return existsSync(join(dir, 'index.html')) ? 'stale' : 'missing'
}

async function vite(): Promise<typeof import('vite')> {
  try {
    return await import('vite')
  } catch (error) {
    throw new Error(
      'the dashboard is built with development packages: run npm ci (without --omit=dev) first, or copy build/dashboard from where it was built',
      { cause: error },
    )
  }
}
