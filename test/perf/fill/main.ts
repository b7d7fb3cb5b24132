/**
 * `npm run fill -- --database URL --shares 1000000`: what a large deployment has after a year, in an empty database: N shares, 3 N access
 * rules, 3 N snapshots, pools, projects, events and points of usage. The URL may be in MANILA_DATABASE__URL instead, where
 * nobody else on the host reads the password.
 */
import { parseArgs } from 'node:util'
import { fill } from './fill.ts'

try {
  const { values } = parseArgs({
    options: {
      database: { type: 'string', default: process.env.MANILA_DATABASE__URL ?? '' },
      shares: { type: 'string', default: '10000' },
      pools: { type: 'string', default: '10000' },
      projects: { type: 'string', default: '1000' },
    },
  })
  if (values.database === '')
    throw new Error('--database says which database: sqlite:<path>, postgres://… or mariadb://…')
  const began = performance.now()
  const plan = {
    shares: whole('shares', values.shares, 1_000_000),
    pools: whole('pools', values.pools, 10_000),
    projects: whole('projects', values.projects, 100_000),
    now: Date.now() * 1000,
  }
  await fill(values.database, plan, (line) => console.log(line))
  console.log(`${((performance.now() - began) / 1000).toFixed(0)} s in all`)
} catch (error) {
  process.stderr.write(`fill: ${error instanceof Error ? error.message : String(error)}\n`)
  process.exitCode = 1
}

function whole(name: string, value: string, most: number): number {
  if (!/^[1-9][0-9]*$/.test(value) || Number(value) > most)
    throw new Error(`--${name} is a whole number up to ${most}`)
  return Number(value)
}
