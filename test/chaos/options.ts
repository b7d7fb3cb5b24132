/** The command line of `npm run chaos`. */
import { parseArgs } from 'node:util'
import type { DatabaseKind } from '../../tools/cluster/options.ts'

export type Scenario = 'faults' | 'takeover' | 'nfs' | 'broker' | 'upgrade'
export const scenarios: readonly Scenario[] = ['faults', 'takeover', 'nfs', 'broker', 'upgrade']

export interface ChaosOptions {
  readonly scenario: Scenario
  readonly database: DatabaseKind
  readonly faults: number
  readonly clients: number
  readonly seed: number
  readonly planted: boolean
  readonly repeats: number
  readonly outageS: number
  readonly from: string | null
  readonly leavesFiles: boolean
}

export const usage = `npm run chaos -- [options]

  --scenario NAME   faults (default): clients and faults at random; takeover: one of two share hosts killed or paused;
                    nfs: every share process restarted under a writing client; broker: the broker away under load;
                    upgrade: process by process from the code at --from to this one, under load
  --database NAME   postgres (default) or mariadb
  --faults N        faults before the end (default 200)
  --clients N       clients that never stop asking (default 20)
  --seed N          repeats the choices of an earlier run
  --planted         afterwards plants an orphan, a stuck row, a quota and a capacity difference: each must be found
  --repeats N       takeover: how often (default 20)
  --outage S        broker: seconds it is away (default 60)
  --from REV        upgrade: the git revision to come from (the release before)
  --keep            leave logs and configuration where they are

Ends 1 when anything was lost, stuck, drifted or left over, or when a bound was missed.
`

export function chaosOptions(argv: readonly string[]): ChaosOptions | 'help' {
  const { values } = parseArgs({
    args: [...argv],
    options: {
      scenario: { type: 'string', default: 'faults' },
      database: { type: 'string', default: 'postgres' },
      faults: { type: 'string', default: '200' },
      clients: { type: 'string', default: '20' },
      seed: { type: 'string', default: String(Date.now() % 1_000_000) },
      planted: { type: 'boolean', default: false },
      repeats: { type: 'string', default: '20' },
      outage: { type: 'string', default: '60' },
      from: { type: 'string' },
      keep: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  })
  if (values.help) return 'help'
  const scenario = scenarios.find((one) => one === values.scenario)
  if (scenario === undefined) throw new Error(`--scenario is one of ${scenarios.join(', ')}`)
  if (values.database !== 'postgres' && values.database !== 'mariadb')
    throw new Error('--database must be postgres or mariadb')
  const whole = (name: string, text: string): number => {
    if (!/^[0-9]{1,7}$/.test(text)) throw new Error(`--${name} must be a whole number`)
    return Number(text)
  }
  return {
    scenario,
    database: values.database,
    faults: whole('faults', values.faults),
    clients: whole('clients', values.clients),
    seed: whole('seed', values.seed),
    planted: values.planted,
    repeats: whole('repeats', values.repeats),
    outageS: whole('outage', values.outage),
    from: values.from ?? null,
    leavesFiles: values.keep,
  }
}
