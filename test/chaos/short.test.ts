/**
 * The cluster on a server, as an operator has it: Prometheus reads every process, an upgrade fails no request, and a handful
 * of faults leave no trace. The long run is `npm run chaos`.
 */
import { execFile, spawn, spawnSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { followAt, type Followed } from '../../src/api/events/stream.fixture.ts'
import type { Store } from '../../src/db/open.ts'
import { hasMariadb } from '../../tools/programs/mariadb.ts'
import { hasProgram } from '../../tools/programs/packages.ts'
import { hasPostgres } from '../../tools/programs/postgres.ts'
import { rabbitmqNeed } from '../../tools/programs/rabbitmq.ts'
import { connect } from '../../src/sdk/connect.ts'
import { createShare, deleteShare, showShare } from '../../src/wire/shares/schema.ts'
import { until } from '../faults/world.ts'
import { openField, type Field } from './field.ts'
import { plant, plantedCounts } from './planted.ts'
import { history, randomFaults } from './random-faults.ts'
import { table } from './table.ts'
import { rollingUpgrade } from './upgrade.ts'
import { freePort } from '../../src/exec/free-port.ts'
import { programs } from '../helpers/one-file.ts'
import { serverOfRun } from '../helpers/place.ts'

const broker = hasProgram(rabbitmqNeed.program)
const rules = join(import.meta.dirname, '../../deploy/prometheus/alerts.yml')
const servers = [
  { database: 'postgres', there: hasPostgres() },
  { database: 'mariadb', there: hasMariadb() },
] as const
/** Unhurried clients: what they ask for has to be waited for. */
const restMs = 400
const faults = Number(process.env.MANILA_CHAOS_FAULTS ?? 6)

const here = servers.filter(({ database }) => database === serverOfRun())
describe.each(here)('a cluster on $database', ({ database, there }) => {
  describe.runIf(there && broker)('with RabbitMQ', () => {
    let field: Field
    let left = 2
    beforeAll(async () => {
      field = await openField(database, (line) => console.log(line), { root: await programs() })
    }, 240_000)
    afterAll(() => field?.end({ leavesFiles: left > 0 }), 120_000)

    test('gives every process to Prometheus, in a form that promtool has nothing to say against', async () => {
      for (const { name, metricsUrl } of field.cluster.members) {
        const text = await (await fetch(metricsUrl)).text()
        const checked = spawnSync('promtool', ['check', 'metrics'], { input: text, encoding: 'utf8' })
        expect([name, checked.status, checked.stdout + checked.stderr]).toEqual([name, 0, ''])
      }
      expect(await upAccordingToPrometheus(field)).toBe(field.cluster.members.length)
    })

    test('tells followers at either API what the other did, within half a second, and until their session ends', async () => {
      const [one = '', two = ''] = field.cluster.members.flatMap(({ apiPort }) =>
        apiPort === null ? [] : [`http://127.0.0.1:${apiPort}`],
      )
      const env = { OS_CLIENT_CONFIG_FILE: field.cluster.clouds }
      const client = await connect({ cloud: 'manila-demo', env })
      const token = await client.tokens.current()
      const headers = { 'x-auth-token': token, 'x-openstack-manila-api-version': '2.99' }
      const asked: Followed[] = []
      for (const url of [one, two, one, two]) asked.push(await followAt(`${url}/v2/events`, headers))
      const heard = new Map<string, number>()
      const waited: number[] = []
      for (let round = 0; round < 5; round++) {
        const { share } = await client.call(createShare, {
          body: { share: { share_proto: 'NFS', size: 1, share_type: 'b' } },
        })
        for (const stream of asked) {
          await stream.until((got) => statusesOf(got, share.id).at(-1) === 'available', 60_000)
          expect(statusesOf(stream.got, share.id)).toEqual([null, 'available'])
        }
        heard.set(share.id, Date.now())
        const { share: present } = await client.call(showShare, { params: { id: share.id } })
        expect(present.status).toBe('available')
        waited.push((heard.get(share.id) ?? 0) - Date.parse(`${lastChange(asked[0]?.got ?? [])}Z`))
      }
      console.log(`from the change to the fourth follower: ${waited.join(', ')} ms`)
      expect(Math.min(...waited)).toBeLessThan(500)
      for (const id of heard.keys()) await client.call(deleteShare, { params: { id } })
      for (const id of heard.keys()) {
        for (const stream of asked)
          await stream.until((got) => got.some(({ data }) => isDeletion(data, id)), 60_000)
      }
      const began = Date.now()
      const revoked = await fetch(`${one}/identity/v3/auth/tokens`, {
        method: 'DELETE',
        headers: { 'x-auth-token': token, 'x-subject-token': token },
      })
      expect(revoked.status).toBe(204)
      for (const stream of asked) {
        await stream.ended
        expect(stream.got.at(-1)).toMatchObject({ name: 'end', data: { reason: 'session' } })
      }
      expect(Date.now() - began).toBeLessThan(5500)
    }, 240_000)

    test('is upgraded under load, over a schema that grows: no request fails', async () => {
      const said: string[] = []
      const good = await rollingUpgrade(field, {
        clients: 2,
        seed: Date.now() % 1_000_000,
        say: (line) => void said.push(line),
        besideMs: 500,
        restMs,
        // One of each kind: old and new ones go on together.
        members: ({ name }) => /^(api-1|scheduler-1|share-a1|share-b1|data-1)$/.test(name),
        expand: nextRelease,
      })
      console.log(said.at(-1))
      expect({ good, said: good ? [] : said }).toEqual({ good: true, said: [] })
      for (const one of field.cluster.members) one.start()
      await field.cluster.ready()
      left--
    }, 240_000)

    test('leaves no trace of faults, and what is planted is found', async () => {
      const seed = Number(process.env.MANILA_FAULTS_SEED ?? Date.now() % 1_000_000)
      console.log(
        `seed ${seed} (MANILA_FAULTS_SEED repeats its choices), ${faults} faults (MANILA_CHAOS_FAULTS)`,
      )
      const plan = { faults, clients: 4, seed, restMs, atLeast: faults * 10, say: () => {} }
      const outcome = await randomFaults(field, plan)
      console.log(table(outcome))
      expect(outcome.report.examples, history(seed, outcome.faults)).toEqual({})
      expect(outcome.report.accepted).toBeGreaterThanOrEqual(faults * 10)
      await plant(field)
      const { counts, wrong } = await field.check(outcome.journal)
      expect(plantedCounts.map((name) => [name, counts[name]])).toEqual(
        plantedCounts.map((name) => [name, 1]),
      )
      expect(wrong).toBe(plantedCounts.length)
      left--
    }, 600_000)
  })
})

interface Change {
  readonly event: string
  readonly resource_id: string
  readonly status: string | null
  readonly created_at: string
}

const changesOf = (got: Followed['got']): Change[] =>
  got.filter(({ name }) => name === 'change').map(({ data }) => data as Change)
const statusesOf = (got: Followed['got'], id: string): (string | null)[] =>
  changesOf(got)
    .filter(({ resource_id }) => resource_id === id)
    .map(({ status }) => status)
const lastChange = (got: Followed['got']): string => changesOf(got).at(-1)?.created_at ?? ''
const isDeletion = (data: unknown, id: string): boolean =>
  (data as Change).event === 'share.deleted' && (data as Change).resource_id === id

/** What the migrations of a next release may do to tables in use: each of these has statements prepared in every process. */
async function nextRelease({ db }: Store): Promise<void> {
  for (const table of ['operations', 'shares', 'share_instances', 'services', 'lanes', 'quota_usages'])
    await db.schema.alterTable(table).addColumn('of_the_next_release', 'varchar(36)').execute()
  await db.schema.createIndex('next_release_ix').on('shares').column('of_the_next_release').execute()
}

/** How many of the cluster's processes Debian's own Prometheus reads, with the rules of `deploy/` loaded. */
async function upAccordingToPrometheus({ dir, cluster }: Field): Promise<number> {
  await promisify(execFile)('promtool', ['check', 'rules', rules])
  const targets = cluster.members.map(({ metricsUrl }) => new URL(metricsUrl).host)
  const config = join(dir, 'prometheus.yml')
  writeFileSync(join(dir, 'alerts.yml'), readFileSync(rules))
  writeFileSync(
    config,
    JSON.stringify({
      global: { scrape_interval: '1s' },
      rule_files: ['alerts.yml'],
      scrape_configs: [{ job_name: 'manila', static_configs: [{ targets }] }],
    }),
  )
  const port = await freePort()
  const server = spawn(
    'prometheus',
    [
      `--config.file=${config}`,
      `--storage.tsdb.path=${join(dir, 'prometheus')}`,
      `--web.listen-address=127.0.0.1:${port}`,
      '--log.level=error',
    ],
    { stdio: ['ignore', 'ignore', 'inherit'] },
  )
  try {
    return await until('every process to be read', 60_000, async () => {
      const reply = await fetch(`http://127.0.0.1:${port}/api/v1/query?query=sum(up)`).catch(() => null)
      // While it starts it says so in plain text.
      if (reply?.ok !== true) return null
      const { data } = (await reply.json()) as { data?: { result: { value: [number, string] }[] } }
      const up = Number(data?.result[0]?.value[1] ?? 0)
      return up === targets.length ? up : null
    })
  } finally {
    server.kill('SIGKILL')
  }
}
