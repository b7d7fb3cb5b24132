/**
 * One member does the worst it can for some seconds; what do the others notice? Their reads and logins are measured alone
 * and beside it, on one database. The store holds 2,000 shares of 20 KB that the noisy member owns.
 */
import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { startMariadb } from '../../tools/programs/mariadb.ts'
import { startPostgres } from '../../tools/programs/postgres.ts'
import { caller, parsed } from './http.ts'
import { bytes, figure, memoryOf, ms, spread, type Figure } from './report.ts'
import { percentile } from './timing.ts'
import { startWide, type WideService } from './wide-shares.ts'

export type DatabaseKind = 'sqlite' | 'postgres' | 'mariadb'

export interface Noise {
  readonly figures: readonly Figure[]
  /** Milliseconds beside the noisy member. */
  readonly get99: number
  readonly login99: number
  readonly failed: number
}

export async function measureNoise(dir: string, database: DatabaseKind, seconds: number): Promise<Noise> {
  return onDatabase(database, async () => {
    const service = await startWide(dir, 2000)
    try {
      return await measure(service, seconds)
    } finally {
      await service.process.stop()
    }
  })
}

/** What `work` starts keeps its rows in a database of that kind, on a server of its own. */
export async function onDatabase<T>(database: DatabaseKind, work: () => Promise<T>): Promise<T> {
  const server =
    database === 'sqlite' ? null : await (database === 'postgres' ? startPostgres() : startMariadb())
  if (server === null) delete process.env.MANILA_TEST_DATABASE_URL
  else process.env.MANILA_TEST_DATABASE_URL = server.url(database === 'postgres' ? 'postgres' : 'mysql')
  try {
    return await work()
  } finally {
    await server?.remove()
  }
}

async function measure(service: WideService, seconds: number): Promise<Noise> {
  const { url, pid } = service.process
  const other = await anotherMember(service)
  const call = caller(url, await other.login())
  const share = parsed(
    await call('POST', '/v2/shares', { share: { size: 1, share_proto: 'NFS', name: 'quiet' } }),
  ) as { share: { id: string } }
  const observe = async (endAt: number) => {
    const gets: number[] = []
    const logins: number[] = []
    let failed = 0
    const timed = async (into: number[], work: () => Promise<boolean>, pauseMs: number): Promise<void> => {
      while (Date.now() < endAt) {
        const began = performance.now()
        if (!(await work().catch(() => false))) failed++
        into.push(performance.now() - began)
        await new Promise((resolve) => setTimeout(resolve, pauseMs))
      }
    }
    const get = (path: string) => async (): Promise<boolean> => (await call('GET', path)).status === 200
    await Promise.all([
      timed(gets, get(`/v2/shares/${share.share.id}`), 10),
      timed(gets, get('/v2/shares/detail?limit=20'), 10),
      timed(logins, async () => (await other.login()) !== '', 500),
    ])
    return { gets, logins, failed }
  }
  const alone = await observe(Date.now() + Math.min(5000, seconds * 500))
  const before = memoryOf(pid)
  const scheduled = schedulingOf(pid)
  const program = join(import.meta.dirname, 'noisy-member.ts')
  const noisy = spawn(process.execPath, [program, url, service.token, String(seconds)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let said = ''
  noisy.stdout.on('data', (data: Buffer) => (said += data.toString()))
  const exited = once(noisy, 'exit')
  const beside = await observe(Date.now() + seconds * 1000)
  await exited
  const { ranS, waitedS } = schedulingOf(pid)
  call.close()
  const [get99, login99] = [percentile(beside.gets, 99), percentile(beside.logins, 99)]
  const answers = Object.entries(JSON.parse(said || '{}') as Record<string, Record<string, number>>)
  return {
    get99,
    login99,
    failed: beside.failed,
    figures: [
      figure('GET of another member, alone', spread(alone.gets), `${alone.gets.length} calls`),
      figure(
        `  beside the noisy one, ${seconds} s`,
        spread(beside.gets),
        `${beside.gets.length} calls, worst ${ms(Math.max(...beside.gets))}, ${beside.failed} failed; may be 250 ms`,
      ),
      figure('login of another member, alone', spread(alone.logins)),
      figure('  beside the noisy one', spread(beside.logins), 'may be 2000 ms'),
      figure(
        'the service had a processor for',
        `${(ranS - scheduled.ranS).toFixed(0)} s`,
        `and waited ${(waitedS - scheduled.waitedS).toFixed(0)} s for one`,
      ),
      figure('memory of the service', bytes(memoryOf(pid).most), `${bytes(before.now)} before`),
      ...answers.map(([what, counts]) =>
        figure(
          `  it tried: ${what}`,
          Object.entries(counts)
            .map(([status, times]) => `${status}: ${times}`)
            .join(', '),
        ),
      ),
    ],
  }
}

/** Seconds that the first thread of a process ran, and could have run had there been a processor: what neighbours cost it. */
function schedulingOf(pid: number): { readonly ranS: number; readonly waitedS: number } {
  const [ran = 0, waited = 0] = readFileSync(`/proc/${pid}/schedstat`, 'utf8').split(' ').map(Number)
  return { ranS: ran / 1e9, waitedS: waited / 1e9 }
}

/** A member of a project of its own, made by the administrator. */
export async function anotherMember(
  service: Pick<WideService, 'process'>,
): Promise<{ login: () => Promise<string> }> {
  const { url } = service.process
  const { tokens } = await service.process.connect('manila-admin')
  const call = caller(url, await tokens.current())
  const identity = async (method: string, path: string, body?: unknown) => {
    const answer = await call(method, `/identity/v3${path}`, body)
    return (answer.text === '' ? {} : parsed(answer)) as Record<string, any>
  }
  const password = randomBytes(12).toString('hex')
  const { project } = await identity('POST', '/projects', {
    project: { name: 'quiet', domain_id: 'default' },
  })
  const { user } = await identity('POST', '/users', {
    user: { name: 'quiet', password, domain_id: 'default' },
  })
  const { roles } = await identity('GET', '/roles?name=member')
  await identity('PUT', `/projects/${project.id}/users/${user.id}/roles/${roles[0].id}`)
  call.close()
  const body = JSON.stringify({
    auth: {
      identity: { methods: ['password'], password: { user: { id: user.id, password } } },
      scope: { project: { id: project.id } },
    },
  })
  return {
    async login() {
      const headers = { 'content-type': 'application/json' }
      const answer = await fetch(`${url}/identity/v3/auth/tokens`, { method: 'POST', headers, body })
      await answer.text()
      return answer.headers.get('x-subject-token') ?? ''
    },
  }
}
