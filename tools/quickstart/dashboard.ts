/** The dashboard of the quick start: built while everything else comes up, and named with a login at the end. */
import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { styleText } from 'node:util'
import { dashboardState } from '../dashboard-build/build.ts'
import { knownPassword } from './accounts.ts'
import type { Steps } from './say.ts'

const program = join(import.meta.dirname, '../dashboard-build/main.mjs')

export interface Building {
  /** Resolves with what is the matter, null when nothing is. Never rejects. */
  readonly done: Promise<string | null>
  stop(): void
}

/**
 * Builds what is missing or older than its sources, beside this process: bundling keeps a thread busy for seconds. Null when there
 * is nothing to do; without development packages whatever is there is served.
 */
export function beginBuild(): Building | null {
  if (!['stale', 'missing'].includes(dashboardState())) return null
  const child = spawn(process.execPath, [program], { stdio: ['ignore', 'ignore', 'pipe'] })
  let said = ''
  child.stderr.on('data', (part: Buffer) => (said = (said + part.toString()).slice(-2000)))
  const done = new Promise<string | null>((resolve) => {
    child.on('error', (error) => resolve(error.message))
    child.on('close', (code) =>
      resolve(code === 0 ? null : (said.trim().split('\n').at(-1) ?? `it ended with ${code}`)),
    )
  })
  return { done, stop: () => void child.kill() }
}

/** That it could not be built keeps nobody from the rest. */
export async function awaitBuild(building: Building | null, told: Steps): Promise<void> {
  if (building === null) return
  await told
    .step('build the dashboard', async () => {
      const problem = await building.done
      if (problem !== null) throw new Error(problem)
    })
    .catch(() => {})
}

/** What its address answers now, in a line. */
export async function dashboardLine(url: string): Promise<string> {
  const status = await fetch(`${url}/dashboard/`, { signal: AbortSignal.timeout(5000) }).then(
    (reply) => reply.status,
    () => 0,
  )
  if (status === 200) return `The dashboard: ${url}/dashboard/`
  return status === 503 ? 'The dashboard is not built yet: npm run build' : 'The dashboard is off.'
}

/** The logins of the first start, as far as they are known; who changed his password knows it. */
export function loginLines(dir: string): string {
  const of = (user: string): string => {
    const password = knownPassword(dir, `manila-${user}`)
    return password === null ? '' : `    ${user}, with the password ${styleText('bold', password)}\n`
  }
  return `${of('demo')}${of('admin')}`
}
