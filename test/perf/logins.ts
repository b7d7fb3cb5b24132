/**
 * What one member's logins cost the others: how long others wait for theirs, alone, beside one who sends a hundred and twenty
 * right ones at once for as long as it lasts, and beside one who guesses.
 */
import { Agent, request } from 'node:http'
import { startServiceProcess, type ServiceProcess } from '../helpers/service-process.ts'
import { figure, ms, perSecond, spread, type Figure } from './report.ts'
import { percentile } from './timing.ts'

export interface LoginLoad {
  /** Seconds of each measurement. */
  readonly seconds: number
  /** Logins that the flood keeps under way. */
  readonly flood: number
}

interface Login {
  readonly user: string
  readonly password: string
  /** The client's own address. */
  readonly from: string
}

const members = ['ann', 'ben', 'cleo'] as const
const password = 'of a member'

/** Everybody has an address of loopback; `ann` shares hers with the flood of the second measurement. */
export async function measureLogins(dir: string, load: LoginLoad): Promise<Figure[]> {
  const service = await startServiceProcess({
    dir,
    kind: 'sim',
    settings: {
      // As many tokens as it wants: what is measured is the gate before them.
      auth: { tokens_per_minute: 0 },
      backends: { alpha: { driver: 'sim', exporter: 'sim', driver_options: { memory: true } } },
    },
  })
  try {
    await makeMembers(service)
    const beside = (work: (until: AbortSignal) => Promise<number>) => measure(service, load.seconds, work)
    const alone = await beside(async () => 0)
    const { flood } = load
    const floodFrom = (from: string) => (until: AbortSignal) =>
      keepBusy(service, flood, until, () => ({ user: 'dora', password, from }))
    const elsewhere = await beside(floodFrom('127.0.0.9'))
    // The worst case: everybody behind one gateway.
    const same = await beside(floodFrom('127.0.0.2'))
    let names = 0
    const guesses = await beside((until) =>
      keepBusy(service, flood, until, () => ({ user: `nobody-${names++}`, password, from: '127.0.0.8' })),
    )
    const told = (what: string, { took, served }: Measured): Figure =>
      figure(
        what,
        spread(took),
        `longest ${ms(percentile(took, 100))}; ${perSecond(served, load.seconds * 1000)} of the other`,
      )
    return [
      figure(
        'login, three members at once',
        spread(alone.took),
        `longest ${ms(percentile(alone.took, 100))}`,
      ),
      told(`beside ${flood} right logins at once of one member`, elsewhere),
      told('beside the same from the same address', same),
      told(`beside ${flood} guesses at once at names that nobody has`, guesses),
    ]
  } finally {
    await service.stop()
  }
}

interface Measured {
  /** Milliseconds of the members' logins. */
  readonly took: readonly number[]
  /** Answers that the other got, whatever they were. */
  readonly served: number
}

/** The members log in one after the other, for so long; throws when one is refused. */
async function measure(
  service: ServiceProcess,
  seconds: number,
  other: (until: AbortSignal) => Promise<number>,
): Promise<Measured> {
  const end = new AbortController()
  const timer = setTimeout(() => end.abort(), seconds * 1000)
  const busy = other(end.signal)
  const took: number[] = []
  const agent = new Agent({ keepAlive: true })
  const member = async (user: string, index: number): Promise<void> => {
    while (!end.signal.aborted) {
      const began = performance.now()
      const status = await login(service.url, agent, {
        user,
        password,
        from: index === 0 ? '127.0.0.2' : `127.0.0.${10 + index}`,
      })
      if (status !== 201) throw new Error(`${user} was answered ${status} beside the other`)
      took.push(performance.now() - began)
    }
  }
  try {
    await Promise.all(members.map(member))
    return { took, served: await busy }
  } finally {
    clearTimeout(timer)
    end.abort()
    await busy
    agent.destroy()
  }
}

/** `count` logins under way all the time; answers how many were answered. */
async function keepBusy(
  service: ServiceProcess,
  count: number,
  until: AbortSignal,
  next: () => Login,
): Promise<number> {
  const agent = new Agent({ keepAlive: true, maxSockets: count })
  let served = 0
  const lane = async (): Promise<void> => {
    while (!until.aborted) {
      await login(service.url, agent, next())
      served++
    }
  }
  await Promise.all(Array.from({ length: count }, lane))
  agent.destroy()
  return served
}

/** The status. */
function login(url: string, agent: Agent, { user, password: secret, from }: Login): Promise<number> {
  const identity = {
    methods: ['password'],
    password: { user: { name: user, domain: { name: 'Default' }, password: secret } },
  }
  return new Promise((resolve, reject) => {
    const sent = request(
      `${url}/identity/v3/auth/tokens`,
      { method: 'POST', agent, localAddress: from, headers: { 'content-type': 'application/json' } },
      (reply) => {
        reply.resume()
        reply.on('end', () => resolve(reply.statusCode ?? 0))
        reply.on('error', reject)
      },
    )
    sent.on('error', reject)
    sent.end(JSON.stringify({ auth: { identity, scope: 'unscoped' } }))
  })
}

async function makeMembers(service: ServiceProcess): Promise<void> {
  const { tokens } = await service.connect('manila-admin')
  const headers = { 'x-auth-token': await tokens.current(), 'content-type': 'application/json' }
  for (const name of [...members, 'dora']) {
    const body = JSON.stringify({ user: { name, password } })
    const made = await fetch(`${service.url}/identity/v3/users`, { method: 'POST', headers, body })
    if (!made.ok) throw new Error(`user ${name}: ${made.status} ${await made.text()}`)
  }
}
