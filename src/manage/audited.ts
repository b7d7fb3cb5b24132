/**
 * What `manila-manage` changed is written into the audit trail, here and in no verb. A verb that nobody thought of counts as one that
 * changes: whoever adds one that only looks adds its name below.
 */
import { existsSync } from 'node:fs'
import { userInfo } from 'node:os'
import { AuditStream } from '../audit/stream.ts'
import { AuditTrail } from '../audit/trail.ts'
import type { Settings } from '../config/schema.ts'
import { agentText, blankAudit, type AuditAction } from '../model/audit.ts'
import { systemClock } from '../runtime/clock.ts'
import { withStore } from './database.ts'
import type { Given, Verb, World } from './verb.ts'

/** They look, or write a file that is asked for, as all do that list or show. `db copy` leaves its source as it is. */
const looking: ReadonlySet<string> = new Set([
  'bus permissions',
  'config check',
  'config import',
  'config reference',
  'db check',
  'db copy',
  'db version',
  'identity export',
  'identity keys',
  'policy check',
  'policy diff',
  'policy sample',
  'service processes',
  'share stuck',
])

/** Options without which a verb that has them only says what it would do. */
const doers = ['apply', 'fix', 'yes'] as const

/** Whether this command line changes something. */
export function changes(verb: Verb, options: Given): boolean {
  if (looking.has(verb.name) || / (list|show)$/.test(verb.name)) return false
  if ((options as { readonly 'dry-run'?: boolean })['dry-run'] === true) return false
  const taken = (verb.options ?? []).map(({ name }) => name as string)
  const needed = doers.filter((name) => taken.includes(name))
  return needed.length === 0 || needed.some((name) => options[name] === true)
}

function actionOf(name: string): AuditAction {
  const word = name.split(' ').at(-1) ?? ''
  if (/^(bootstrap|create|sync|import)$/.test(word)) return 'create'
  return /^(purge|cleanup|drop|delete)$/.test(word) ? 'delete' : 'update'
}

export interface Ending {
  readonly verb: Verb
  readonly operands: readonly string[]
  readonly options: Given
  /** Exit code. */
  readonly code: number
}

/** Throws when it can't be written: what was done is done all the same. */
export async function writeDown(
  settings: Settings,
  world: Pick<World, 'env'>,
  { verb, operands, options, code }: Ending,
): Promise<void> {
  const { enabled, log_file: file } = settings.audit
  if (!enabled) return
  const clock = systemClock()
  // Made by the service and its user, not by whoever runs this.
  const stream = file !== '' && existsSync(file) ? new AuditStream(file, () => clock.now()) : null
  await withStore(settings, 'any', async (store) => {
    const log = { info: () => {}, warn: () => {} }
    const trail = new AuditTrail({ store, clock, log, stream, queue: 1, keptUs: 0 })
    const event = {
      ...blankAudit,
      action: actionOf(verb.name),
      outcome: code === 0 ? ('success' as const) : ('failure' as const),
      reason: code,
      operation: `manila-manage ${verb.name}`,
      ...whoRuns(world.env),
      method: 'host',
      targetType: verb.name.split(' ')[0] ?? '',
      // Of options only those that name what is changed; what is secret comes from files.
      targetId: operands[0] ?? options.project ?? options.from ?? '',
      observer: `manila-manage@${settings.host}`,
    }
    trail.told(await store.transaction((tx) => trail.write(tx, event)))
    await trail.close()
  })
}

function whoRuns(env: NodeJS.ProcessEnv): { userId: string; userName: string; agent: string } {
  const { uid, username } = userInfo()
  const by = env.SUDO_USER
  return {
    userId: `os:${uid}`,
    userName: username,
    agent: by === undefined ? '' : agentText(`sudo by ${by}`),
  }
}
