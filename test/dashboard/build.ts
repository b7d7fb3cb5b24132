/** Before any test in a browser: the dashboard, built as `npm run build` builds it, once for a run. */
import { execFile } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'

const root = join(import.meta.dirname, '../..')
const folder = join(root, 'node_modules/.cache/dashboard')

/** Vitest's global set-up. */
export async function setup(): Promise<void> {
  process.env.MANILA_TEST_DASHBOARD ??= await buildDashboard()
}

/** Answers the folder: of this process, since another run may be reading the earlier one. */
export async function buildDashboard(): Promise<string> {
  const out = join(folder, String(process.pid))
  mkdirSync(folder, { recursive: true })
  for (const old of readdirSync(folder)) {
    if (!existsSync(`/proc/${old}`)) rmSync(join(folder, old), { recursive: true, force: true })
  }
  const program = join(import.meta.dirname, 'build-into.ts')
  // Not what Vitest says of itself: as "test", React would be the slow one that explains everything.
  const env = { ...process.env, NODE_ENV: 'production' }
  await promisify(execFile)(process.execPath, [program, out], { cwd: root, env })
  return out
}

/** What `setup` built. */
export function builtDashboard(): string {
  const built = process.env.MANILA_TEST_DASHBOARD
  if (built === undefined) throw new Error('only for tests of a project with this set-up')
  return built
}
