/** Fills a database, asks what clients ask, and looks how the database would go about each statement. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { CompiledQuery } from 'kysely'
import type { TokenVerifier } from '../../src/auth/verifier.ts'
import { openBench, personas } from '../../src/api/bench.fixture.ts'
import { routes } from '../../src/api/routes.ts'
import { openStore, type Store } from '../../src/db/open.ts'
import { createDatabase } from '../../tools/cluster/database.ts'
import type { DatabaseServer } from '../../tools/programs/database-server.ts'
import { startMariadb } from '../../tools/programs/mariadb.ts'
import { startPostgres } from '../../tools/programs/postgres.ts'
import { fill } from '../perf/fill/fill.ts'
import { listening, planOf, type Kind } from './plans.ts'
import { questionsAbout, type About, type Question } from './questions.ts'

/** Enough that no planner takes a table of shares for a small one. */
const large = { shares: 12_000, projects: 24, pools: 200 }
/** What a planner is told of a project is then as much as of all. */
export const ofOneProject = { shares: 1000, projects: 1, pools: 20 }

interface Filled extends About {
  /** Some shares of the same project. */
  readonly neighbours: readonly string[]
}

/** By question, the plan of each of its statements. */
export type Plans = ReadonlyMap<string, readonly (readonly string[])[]>

export async function plansOn(kind: Kind, size = large): Promise<Plans> {
  const dir = mkdtempSync(join(tmpdir(), 'manila-plans-'))
  const server = await serverOf(kind)
  try {
    const url = server === null ? `sqlite:${join(dir, 'manila.db')}` : await createDatabase(server)
    await fill(url, { ...size, now: 1_790_000_000_000_000 }, () => {})
    const store = await openStore(url)
    try {
      return await plansIn(store, kind)
    } finally {
      await store.close()
    }
  } finally {
    await server?.remove()
    rmSync(dir, { recursive: true, force: true })
  }
}

const serverOf = (kind: Kind): Promise<DatabaseServer | null> =>
  kind === 'sqlite'
    ? Promise.resolve(null)
    : (kind === 'postgres' ? startPostgres : startMariadb)({ cacheMib: 512 })

async function plansIn(store: Store, kind: Kind): Promise<Plans> {
  const found = new Map<string, string[][]>()
  for (const [{ name }, statements] of await statementsIn(store)) {
    const plans: string[][] = []
    for (const query of statements) plans.push(await planOf(store, kind, query))
    found.set(name, plans)
  }
  return found
}

/** What the API asks of a filled database for each question, what it keeps for a while left out. */
export async function statementsIn(store: Store): Promise<Map<Question, readonly CompiledQuery[]>> {
  const about = await aboutIn(store)
  const seen: CompiledQuery[] = []
  const projectId = about.share.project_id
  const known = { admin: personas.admin, member: { ...personas.demo, projectId } }
  const auth = {
    verify: (token: string) => Promise.resolve(known[token as 'admin' | 'member']),
  } as unknown as TokenVerifier
  const bench = await openBench(routes, () => {}, { store: listening(store, seen), auth })
  try {
    const found = new Map<Question, readonly CompiledQuery[]>()
    for (const question of questionsAbout(about)) {
      // What is kept for a while is asked for the first time.
      await ask(bench.app, question)
      seen.length = 0
      await ask(bench.app, question)
      found.set(question, [...seen])
    }
    const atOnce = sharesAtOnce(about)
    seen.length = 0
    await Promise.all(atOnce.map((one) => ask(bench.app, one)))
    found.set(atOnce[0]!, [...seen])
    return found
  } finally {
    await bench.close()
  }
}

/** One question for each share of the project, which a server is asked together (`src/db/asked-together.ts`). */
const sharesAtOnce = ({ neighbours }: Filled): Question[] =>
  neighbours.map((id) => ({ name: 'shares at once', as: 'member', path: `/v2/shares/${id}` }))

async function ask(
  app: Awaited<ReturnType<typeof openBench>>['app'],
  { as, path, name }: Question,
): Promise<void> {
  const headers = { 'x-auth-token': as, 'x-openstack-manila-api-version': '2.99' }
  const { statusCode, body } = await app.inject({ method: 'GET', url: path, headers })
  if (statusCode !== 200) throw new Error(`${name}: GET ${path}: ${statusCode} ${body.slice(0, 300)}`)
}

/** Something in the middle of a project in the middle. */
async function aboutIn({ db }: Store): Promise<Filled> {
  const first = await db.selectFrom('shares').select('project_id').orderBy('id').executeTakeFirstOrThrow()
  const own = await db
    .selectFrom('shares')
    .selectAll()
    .where('project_id', '=', first.project_id)
    .orderBy('created_at', 'desc')
    .limit(350)
    .execute()
  const [share, marker] = [own[200], own.at(-1)]
  if (share === undefined || marker === undefined) throw new Error('too few shares')
  const location = await db
    .selectFrom('share_instance_export_locations')
    .select(['id', 'path'])
    .where('share_instance_id', '=', share.instance_id ?? '')
    .executeTakeFirstOrThrow()
  const snapshot = await db
    .selectFrom('snapshots')
    .select('id')
    .where('share_id', '=', share.id)
    .executeTakeFirstOrThrow()
  const last = await db
    .selectFrom('snapshots')
    .select('id')
    .where('share_id', '=', marker.id)
    .executeTakeFirstOrThrow()
  return {
    share: {
      id: share.id,
      name: share.name ?? '',
      project_id: share.project_id,
      share_type: share.share_type_id ?? '',
      host: share.host ?? '',
    },
    location,
    snapshotId: snapshot.id,
    marker: {
      id: marker.id,
      status: marker.status ?? '',
      share_type: marker.share_type_id ?? '',
      share_proto: marker.share_proto,
    },
    instanceMarker: marker.instance_id ?? '',
    snapshotMarker: last.id,
    neighbours: own.slice(0, 8).map(({ id }) => id),
  }
}
