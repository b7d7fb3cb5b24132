/** Faults at random, or one of the named scenarios, on a cluster of its own; prints a table and ends 1 when anything is wrong. */
import { mariadbNeed } from '../../tools/programs/mariadb.ts'
import { ensureInstalled } from '../../tools/programs/packages.ts'
import { postgresNeed } from '../../tools/programs/postgres.ts'
import { rabbitmqNeed } from '../../tools/programs/rabbitmq.ts'
import { btrfsNeeds } from '../../tools/quickstart/host.ts'
import { openField, type Field } from './field.ts'
import { chaosOptions, usage, type ChaosOptions } from './options.ts'
import { plant, plantedCounts } from './planted.ts'
import { randomFaults } from './random-faults.ts'
import { brokerAway } from './broker-away.ts'
import { nfsUnbroken } from './nfs-unbroken.ts'
import { table, verdictOf } from './table.ts'
import { takeOver } from './take-over.ts'
import { checkOut, rollingUpgrade } from './upgrade.ts'

const say = (line: string): void => void process.stdout.write(`${line}\n`)

/** Accepted requests per fault that a run needs at least: 2,000 for 200. */
const requestsPerFault = 10

try {
  const options = chaosOptions(process.argv.slice(2))
  if (options === 'help') process.stdout.write(usage)
  else process.exitCode = (await run(options)) ? 0 : 1
} catch (error) {
  process.stderr.write(`chaos: ${error instanceof Error ? error.message : String(error)}\n`)
  process.exitCode = 1
}

async function run(options: ChaosOptions): Promise<boolean> {
  const needs = [options.database === 'postgres' ? postgresNeed : mariadbNeed, rabbitmqNeed, ...btrfsNeeds]
  const installed = await ensureInstalled(needs, { forbid: false, say })
  if (!installed.ok) throw new Error(installed.why)
  say(
    `scenario ${options.scenario} on ${options.database}, seed ${options.seed} (--seed repeats its choices)`,
  )
  const before = options.scenario === 'upgrade' ? await checkOut(options.from) : null
  const field = await openField(options.database, say, before === null ? {} : { root: before.dir })
  let good = false
  try {
    good = await play(field, options)
    return good
  } finally {
    if (!good || options.leavesFiles) say(`logs and configuration are left in ${field.dir}`)
    await field.end({ leavesFiles: !good || options.leavesFiles })
    await before?.remove()
  }
}

async function play(field: Field, options: ChaosOptions): Promise<boolean> {
  const { seed, clients } = options
  switch (options.scenario) {
    case 'takeover':
      return takeOver(field, { repeats: options.repeats, seed, say })
    case 'nfs':
      return nfsUnbroken(field, { say })
    case 'broker':
      return brokerAway(field, { outageS: options.outageS, clients, seed, say })
    case 'upgrade':
      return rollingUpgrade(field, { clients, seed, say })
    case 'faults':
      return faults(field, options)
  }
}

async function faults(field: Field, options: ChaosOptions): Promise<boolean> {
  const outcome = await randomFaults(field, {
    faults: options.faults,
    clients: options.clients,
    seed: options.seed,
    atLeast: options.faults * requestsPerFault,
    say,
  })
  say(table(outcome))
  const { report } = outcome
  if (!verdictOf(outcome)) {
    say(JSON.stringify(report.examples, null, 1))
    return false
  }
  if (!options.planted) return true
  await plant(field)
  const { counts, wrong } = await field.check(outcome.journal)
  const found = plantedCounts.filter((name) => counts[name] === 1)
  say(`planted ${plantedCounts.length}: found ${found.join(', ')}; ${wrong} wrong in all`)
  return found.length === plantedCounts.length && wrong === plantedCounts.length
}
