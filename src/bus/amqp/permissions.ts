/**
 * What each service's own user of the broker needs, as RabbitMQ understands it: regular expressions of the exchanges and
 * queues it may declare (`configure`), send to or bind (`write`), receive from or bind to (`read`).
 */
import { namesOf } from './topology.ts'

export const services = [
  'manila-api',
  'manila-scheduler',
  'manila-share',
  'manila-data',
  'manila-all',
  'manila-manage',
] as const
export type ServiceName = (typeof services)[number]

export interface Permissions {
  readonly configure: string
  readonly write: string
  readonly read: string
}

/** Topics whose shared queues a service serves. */
const served: Readonly<Record<ServiceName, string>> = {
  'manila-api': '',
  'manila-scheduler': 'scheduler',
  // One topic per backend, whose id is not known before it runs the first time.
  'manila-share': 'share(\\..+)?',
  'manila-data': 'data(\\..+)?',
  'manila-all': '(scheduler|(share|data)(\\..+)?)',
  'manila-manage': '',
}

/** Who sends notifications: their exchange, and the queues kept for listeners. */
const notifying: readonly ServiceName[] = ['manila-data', 'manila-all']

export function permissionsOf(
  prefix: string,
  service: ServiceName,
  { notifications = [] }: { readonly notifications?: readonly string[] } = {},
): Permissions {
  const names = namesOf(prefix)
  const exchanges = [names.work, names.fanout, names.calls, names.replies, names.dead].map(literal)
  const own = [`${literal(names.processQueue(service, ''))}.+`]
  if (served[service] !== '') {
    own.push(`${literal(`${prefix}.`)}(work|calls)\\.${served[service]}`)
  }
  const extra = notifying.includes(service) ? notifications.map(literal) : []
  // Whoever may look into what was put aside may also take it out; the others only add to it.
  const aside = literal(names.deadLetters)
  return {
    configure: whole([...exchanges, aside, ...own, ...extra]),
    write: whole([...exchanges, aside, ...own, ...extra]),
    read: whole([...exchanges, ...own, ...extra, ...(service === 'manila-manage' ? [aside] : [])]),
  }
}

const literal = (name: string): string => name.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&')
const whole = (patterns: readonly string[]): string => `^(${patterns.join('|')})$`
