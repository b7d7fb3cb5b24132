/**
 * A service in a process of its own, with a member whose lists are long and another one who only wants to read a share of his:
 * what the first does to memory and to the time of answers is seen from outside. On whichever database the run has.
 */
import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { sql } from 'kysely'
import { openStore } from '../../../src/db/open.ts'
import { placeOf } from '../../helpers/place.ts'
import { startServiceProcess, type ServiceProcess } from '../../helpers/service-process.ts'
import { seedShares } from '../../perf/seed-shares.ts'
import { shot, type Reply, type Stranger } from './strangers.ts'

/** `[limits]` of the crowd, where they differ from the defaults: reached in seconds. */
export const crowdLimits = {
  request_ms: 200,
  streams_per_project: 8,
  write_timeout_s: 3,
  head_timeout_s: 2,
  request_timeout_s: 3,
  connections_per_address: 200,
} as const
export const changesPerMinute = 300

/** Metadata items of each of the noisy member's shares. */
export const itemsPerShare = 20
/** A look at all their metadata takes longer than `request_ms`: a quarter of a second, on a machine that does nothing else. */
export const shareCount = 16_000

export interface Crowd {
  readonly url: string
  readonly pid: number
  /** Token of the member who does his worst, and a share of his. */
  readonly noisy: Member
  /** Token of the one who is served meanwhile, or is not. */
  readonly other: Member
  /** The other's GETs of his share, one after the other, until `work` is over. */
  beside<T>(work: Promise<T>): Promise<{ readonly result: T; readonly others: Others }>
  close(): Promise<void>
}

export interface Member {
  readonly token: string
  readonly projectId: string
  readonly shareId: string
}

/** How somebody else was served meanwhile. */
export interface Others {
  readonly gets: number
  /** What was no 200. */
  readonly refused: readonly string[]
  readonly longestMs: number
}

/** Whom nobody served: longer than this no other member may wait for one row. */
const patienceMs = 6000

export const wereServed = ({ gets, refused, longestMs }: Others): boolean =>
  gets > 0 && refused.length === 0 && longestMs < patienceMs

export const toldOf = ({ gets, refused, longestMs }: Others): string =>
  `others: ${gets} GETs, ${refused.length} refused${refused.length === 0 ? '' : ` (${refused[0]})`}, the longest ${longestMs.toFixed(0)} ms`

export async function openCrowd(): Promise<Crowd> {
  const dir = mkdtempSync(join(tmpdir(), 'manila-crowd-'))
  const processes: ServiceProcess[] = []
  const start = async (): Promise<ServiceProcess> => {
    const started = await startServiceProcess({
      dir,
      kind: 'sim',
      settings: {
        quota: { shares: -1, gigabytes: -1, snapshots: -1, snapshot_gigabytes: -1 },
        api: { changes_per_minute: changesPerMinute },
        limits: crowdLimits,
        backends: {
          alpha: {
            driver: 'sim',
            exporter: 'sim',
            driver_options: { memory: true },
            exporter_options: { memory: true },
          },
        },
      },
    })
    processes.push(started)
    return started
  }
  const close = async (): Promise<void> => {
    for (const one of processes) await one.stop()
    rmSync(dir, { recursive: true, force: true })
  }
  try {
    // A first start makes the accounts; a file belongs to one process at a time.
    const first = await start()
    const [noisy, other] = [await member(first, 'noisy'), await member(first, 'quiet')]
    await first.stop()
    const shares = await seed(dir, noisy.projectId, other.projectId)
    const { url, pid } = await start()
    const quiet = { projectId: other.projectId, shareId: shares.other, token: await other.login(url) }
    return {
      url,
      pid,
      noisy: { projectId: noisy.projectId, shareId: shares.noisy, token: await noisy.login(url) },
      other: quiet,
      beside: (work) => beside(url, quiet, work),
      close,
    }
  } catch (error) {
    await close()
    throw error
  }
}

/** As clients do, it comes again after a 503: a machine that is busy with other things can use up so short a time by itself. */
async function patiently(url: string, path: string, stranger: Stranger): Promise<Reply> {
  for (let tries = 0; ; tries++) {
    const reply = await shot(url, path, stranger)
    if (reply.status !== 503 || tries === 2) return reply
  }
}

async function beside<T>(
  url: string,
  { token, shareId }: Member,
  work: Promise<T>,
): Promise<{ result: T; others: Others }> {
  const progress = { over: false }
  const ended = work.finally(() => (progress.over = true))
  ended.catch(() => {})
  const refused: string[] = []
  let gets = 0
  let longestMs = 0
  do {
    const began = performance.now()
    const { status, text } = await patiently(url, `/v2/shares/${shareId}`, {
      from: '127.0.20.1',
      headers: { 'x-auth-token': token },
    }).catch((error: unknown) => ({ status: 0, text: String(error) }))
    longestMs = Math.max(longestMs, performance.now() - began)
    gets++
    if (status !== 200) refused.push(`${status} ${text.slice(0, 100)}`)
    await sleep(20)
  } while (!progress.over)
  return { result: await ended, others: { gets, refused, longestMs } }
}

/** A member of a project of the same name, made by the administrator. */
async function member(
  service: ServiceProcess,
  name: string,
): Promise<{ projectId: string; login: (url: string) => Promise<string> }> {
  const { tokens } = await service.connect('manila-admin')
  const token = await tokens.current()
  const identity = async (method: string, path: string, body?: unknown): Promise<Named> => {
    const headers = { 'x-auth-token': token }
    const { text } = await shot(service.url, `/identity/v3${path}`, {
      from: '127.0.20.2',
      method,
      headers,
      body,
    })
    return (text === '' ? {} : JSON.parse(text)) as Named
  }
  const password = randomBytes(12).toString('hex')
  const domain_id = 'default'
  const { project } = await identity('POST', '/projects', { project: { name, domain_id } })
  const { user } = await identity('POST', '/users', { user: { name, password, domain_id } })
  const { roles } = await identity('GET', '/roles?name=member')
  await identity('PUT', `/projects/${project.id}/users/${user.id}/roles/${roles[0]?.id}`)
  const auth = {
    identity: { methods: ['password'], password: { user: { id: user.id, password } } },
    scope: { project: { id: project.id } },
  }
  return {
    projectId: project.id,
    async login(url) {
      const reply = await patiently(url, '/identity/v3/auth/tokens', {
        from: '127.0.20.3',
        method: 'POST',
        body: { auth },
      })
      if (reply.status !== 201) throw new Error(`${name} could not log in: ${reply.status} ${reply.text}`)
      return String(reply.headers['x-subject-token'])
    },
  }
}

interface Named {
  readonly project: { readonly id: string }
  readonly user: { readonly id: string }
  readonly roles: readonly { readonly id: string }[]
}

/** Shares of a backend that is not there, so that nobody looks after them; ids of one of each project. */
async function seed(
  dir: string,
  noisyProject: string,
  otherProject: string,
): Promise<{ noisy: string; other: string }> {
  const { database } = await placeOf(dir)
  const store = await openStore(database)
  try {
    const seeded = (projectId: string, count: number): Promise<void> =>
      seedShares(store, count, (index) => ({
        projectId,
        userId: 'seeded',
        now: Date.now() * 1000 + index,
        share: { name: `long-${index}`, description: 'x'.repeat(250) },
        instance: { status: 'available', host: 'far@away#pool', progress: '100%' },
      }))
    await seeded(noisyProject, shareCount)
    await seeded(otherProject, 1)
    const keys = Array.from({ length: itemsPerShare }, (_, n) => sql`select ${sql.lit(`key-${n}`)} as k`)
    await sql`
      insert into share_metadata (share_id, meta_key, meta_value)
      select s.id, named.k, 'value' from shares s cross join (${sql.join(keys, sql` union all `)}) named
      where s.project_id = ${noisyProject}`.execute(store.db)
    const one = async (projectId: string): Promise<string> => {
      const query = store.db.selectFrom('shares').select('id').where('project_id', '=', projectId).limit(1)
      return (await query.executeTakeFirstOrThrow()).id
    }
    return { noisy: await one(noisyProject), other: await one(otherProject) }
  } finally {
    await store.close()
  }
}
