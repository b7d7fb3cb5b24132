/** What can go wrong: something is killed, or paused for a while and goes on as if nothing had been. */
import { setTimeout as sleep } from 'node:timers/promises'
import type { Field } from './field.ts'

export interface Fault {
  /** `share-a1`, `broker`, `database`, `ganesha` */
  readonly on: string
  readonly kind: 'killed' | 'paused'
  /** Milliseconds since the epoch. */
  readonly at: number
  readonly forMs: number
}

/** Milliseconds that a pause lasts, from and to: some shorter than a lease, some longer. */
const pauseMs = [500, 9000] as const
/** Milliseconds that the database and the broker stay away once killed. */
const awayMs = [200, 3000] as const
/** Of ten faults so many strike a service process; the others broker, database and Ganesha alike. */
const servicesShare = 0.7

export interface Chaos {
  readonly faults: readonly Fault[]
  /** Strikes once, and answers before the fault is over. Throws when something that was struck before did not come back. */
  strike(): Promise<void>
  /** Everything runs again. Throws what did not come back. */
  heal(): Promise<void>
}

export function chaos(field: Field, random: () => number): Chaos {
  const { cluster } = field
  const faults: Fault[] = []
  const underWay = new Set<Promise<void>>()
  const struck = new Set<string>()
  /** What did not come back: everything after that would only be a consequence. */
  const lost: unknown[] = []
  const between = ([from, to]: readonly [number, number]): number => from + random() * (to - from)

  const during = (on: string, kind: Fault['kind'], forMs: number, end: () => unknown): void => {
    faults.push({ on, kind, at: Date.now(), forMs })
    struck.add(on)
    const over = sleep(forMs)
      .then(end)
      .then(() => void struck.delete(on))
      .catch((error: unknown) => void lost.push(new Error(`${on} did not come back`, { cause: error })))
      .then(() => void underWay.delete(over))
    underWay.add(over)
  }

  const service = (): boolean => {
    const free = cluster.members.filter(({ name, pid }) => pid !== 0 && !struck.has(name))
    const one = free[Math.floor(random() * free.length)]
    if (one === undefined) return false
    if (random() < 0.5) {
      one.kill()
      during(one.name, 'killed', 0, () => {})
    } else {
      one.pause()
      during(one.name, 'paused', between(pauseMs), () => one.resume())
    }
    return true
  }

  const server = async (on: 'broker' | 'database'): Promise<boolean> => {
    const one = cluster[on]
    if (struck.has(on)) return false
    struck.add(on)
    if (random() < 0.5) {
      await one.kill()
      during(on, 'killed', between(awayMs), () => one.start())
    } else {
      one.pause()
      during(on, 'paused', between(pauseMs), () => one.resume())
    }
    return true
  }

  const ganesha = (): boolean => {
    const pid = field.ganesha()
    if (pid === null || struck.has('ganesha')) return false
    if (random() < 0.5) {
      process.kill(pid, 'SIGKILL')
      during('ganesha', 'killed', 0, () => {})
    } else {
      process.kill(pid, 'SIGSTOP')
      during('ganesha', 'paused', between(pauseMs), () => signal(pid, 'SIGCONT'))
    }
    return true
  }

  const strikeOne = (): boolean | Promise<boolean> => {
    if (random() < servicesShare) return service()
    const which = random() * 3
    if (which < 1) return server('broker')
    return which < 2 ? server('database') : ganesha()
  }

  return {
    faults,
    async strike() {
      // What was struck already may be chosen again: then something else is.
      for (let attempt = 0; attempt < 50 && lost.length === 0; attempt++) if (await strikeOne()) return
      if (lost.length > 0) throw lost[0]
    },
    async heal() {
      while (underWay.size > 0) await Promise.all(underWay)
      if (lost.length > 0) throw lost[0]
    },
  }
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name)
  } catch {
    // It was killed meanwhile.
  }
}
