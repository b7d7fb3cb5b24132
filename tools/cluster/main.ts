/** `npm run cluster`: starts the cluster, says where everything is, and keeps it running until Ctrl-C. */
import { relative } from 'node:path'
import { mariadbNeed } from '../programs/mariadb.ts'
import { ensureInstalled } from '../programs/packages.ts'
import { postgresNeed } from '../programs/postgres.ts'
import { rabbitmqNeed } from '../programs/rabbitmq.ts'
import { btrfsNeeds, poolObstacle, poolSizeGib } from '../quickstart/host.ts'
import { steps } from '../quickstart/say.ts'
import { startCluster, type Cluster } from './cluster.ts'
import { demonstrate } from './demo.ts'
import { clusterOptions, usage, type ClusterOptions } from './options.ts'

/** Size of pool-a's sparse file. */
const poolGib = 16

try {
  const options = clusterOptions(process.argv.slice(2))
  if (options === 'help') process.stdout.write(usage)
  else await run(options)
} catch (error) {
  process.stderr.write(`cluster: ${error instanceof Error ? error.message : String(error)}\n`)
  process.exitCode = 1
}

async function run(options: ClusterOptions): Promise<void> {
  const told = steps()
  const size = { dir: options.dir, sizeGib: poolGib }
  const lacking = poolObstacle(size)
  const needs = [
    options.database === 'postgres' ? postgresNeed : mariadbNeed,
    rabbitmqNeed,
    ...(lacking === null ? btrfsNeeds : []),
  ]
  const installed = await ensureInstalled(needs, {
    forbid: options.noInstall,
    say: (line) => told.line(line),
  })
  if (!installed.ok) throw new Error(installed.why)
  if (lacking !== null) told.line(`  No btrfs here (${lacking}): pool-a is pretended like pool-b.`)
  const stop = new Promise<void>((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => resolve())
  })
  const cluster = await startCluster({
    dir: options.dir,
    database: options.database,
    port: options.port,
    btrfsGib: lacking === null ? poolSizeGib(size) : null,
    step: (title, body) => told.step(title, body),
  })
  try {
    await told.step('bring up both backends', () => cluster.ready())
    await demonstrate(cluster, told)
    if (!options.once) {
      describe(cluster, options, told.line)
      await stop
      told.line('')
    }
  } finally {
    await told.step('stop everything and unmount', () => cluster.stop())
  }
}

function describe(cluster: Cluster, options: ClusterOptions, line: (text: string) => void): void {
  line('')
  for (const { name, program, pid, metricsUrl } of cluster.members) {
    line(`  ${name.padEnd(12)} ${program.padEnd(17)} pid ${String(pid).padEnd(8)} ${metricsUrl}`)
  }
  const clouds = relative(process.cwd(), cluster.clouds)
  line(`
  Serving at ${cluster.url} until Ctrl-C; logs are in ${relative(process.cwd(), options.dir)}/log. Kill any of the processes: it is started again.

    export OS_CLIENT_CONFIG_FILE=${clouds}
    npm run manila -- --os-cloud manila-demo share create NFS 1 --share-type a --name mine --wait
    npm run manila -- --os-cloud manila-admin service list
`)
}
