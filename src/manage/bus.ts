/** `bus …`: what the broker must allow each service, and what nobody understood. */
import { permissionsOf, services, type ServiceName } from '../bus/amqp/permissions.ts'
import { sortDeadLetters, type DeadLetter, type Fate } from '../bus/dead-letters.ts'
import { exchangeOf } from '../bus/notifier.ts'
import type { Settings } from '../config/schema.ts'
import { columns } from './columns.ts'
import { Problem, Unusable, Usage, type Answer, type Verb } from './verb.ts'

export const busPermissions: Verb = {
  name: 'bus permissions',
  summary: "print what the broker must allow each service's own user",
  help: `One line per service for rabbitmqctl set_permissions: what its user may declare, send to and receive from, by the prefix and the
notification names of the configuration. With --service only that one. Nothing is changed.`,
  options: [{ name: 'service', value: 'S', help: `one of ${services.join(', ')}` }],
  async run({ options, settings: load }) {
    const settings = load()
    const { service } = options
    if (service !== undefined && !services.some((one) => one === service)) {
      throw new Usage(`--service is one of ${services.join(', ')}, not ${JSON.stringify(service)}`)
    }
    const rows = services
      .filter((one) => service === undefined || one === service)
      .map((one: ServiceName) => ({
        service: one,
        ...permissionsOf(settings.bus.prefix, one, { notifications: outside(settings) }),
      }))
    const line = (row: (typeof rows)[number]): string =>
      `rabbitmqctl set_permissions -p VHOST ${row.service} '${row.configure}' '${row.write}' '${row.read}'\n`
    return { code: 0, data: rows, text: rows.map(line).join('') }
  },
}

/** What notifications need of the same broker. */
const outside = ({ notifications, bus }: Settings): readonly string[] =>
  notifications.enabled && notifications.url === ''
    ? [exchangeOf(notifications, bus), ...notifications.queues]
    : []

export const deadLettersList: Verb = {
  name: 'bus dead-letters list',
  summary: 'list messages that nobody understood',
  help: `What services put aside, oldest first, with the reason. Messages only say where to look, so nothing was lost by it; many of one
kind mean that a service of another release, or a stranger, sends to the broker. Exit 1 when there are any.`,
  async run({ settings }) {
    const letters = await sort(settings(), () => 'kept')
    return {
      code: letters.length > 0 ? 1 : 0,
      data: letters,
      text:
        letters.length === 0
          ? 'none\n'
          : columns(
              ['MESSAGE', 'TYPE', 'FROM', 'TO', 'AT', 'WHY'],
              letters.map((one) => [
                one.messageId || '-',
                one.type ?? '-',
                one.from ?? '-',
                one.routingKey,
                one.at,
                one.why,
              ]),
            ),
    }
  },
}

const which = 'MESSAGE is an id of the list, or all.'

export const deadLettersRequeue: Verb = {
  name: 'bus dead-letters requeue',
  summary: 'send a message that was put aside again',
  help: `To where it came from, as it was: after an upgrade, somebody may understand it. ${which}`,
  operands: ['MESSAGE'],
  run: (call) => settle(call.settings(), call.operands[0] ?? '', 'requeued'),
}

export const deadLettersDrop: Verb = {
  name: 'bus dead-letters drop',
  summary: 'throw away a message that was put aside',
  help: which,
  operands: ['MESSAGE'],
  run: (call) => settle(call.settings(), call.operands[0] ?? '', 'dropped'),
}

async function settle(settings: Settings, wanted: string, fate: Fate): Promise<Answer> {
  const letters = await sort(settings, ({ messageId }) =>
    wanted === 'all' || messageId === wanted ? fate : 'kept',
  )
  const done = letters.filter((one) => one.fate === fate)
  if (done.length === 0 && wanted !== 'all') throw new Problem(`no message ${wanted} was put aside`)
  return { code: 0, data: done, text: `${done.length} ${fate}\n` }
}

async function sort(settings: Settings, decide: (letter: DeadLetter) => Fate) {
  if (settings.bus.url === 'memory:') throw new Unusable('bus.url is memory:, there is no broker to ask')
  try {
    return await sortDeadLetters(settings.bus, decide)
  } catch (error) {
    throw new Unusable(error instanceof Error ? error.message : String(error), { cause: error })
  }
}
