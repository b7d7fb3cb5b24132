/**
 * One publisher out of several: what a driver publishes natively, and what each exporter of the backend publishes for it. Each
 * share goes to whoever was chosen for its protocol; where only an id is known, all are told. One that is not up refuses what is
 * its own, to be asked again, and keeps nobody from the others.
 */
import { DriverError, type Exporter, type ExportRef, type Publishes } from '../storage/contract/driver.ts'

/** One of those who publish for a backend. */
export interface Member {
  /** `nfs`, or the exporter's name where there is one for all it speaks, or `native`: for logs, metrics and sentences. */
  readonly key: string
  /** Of the exporter; `native` for a driver. */
  readonly name: string
  /** What it is chosen for; no other member has any of them. */
  readonly protocols: readonly string[]
  readonly publishes: Publishes
  /** What has to be set up before it publishes; null where the driver does it. */
  readonly server: Exporter | null
  /** Absolute; its own, or the backend's. */
  readonly dir: string
}

/** A member and whether it can be asked now. */
export interface MemberState {
  readonly member: Member
  readonly up: boolean
  /** Why it isn't up. */
  readonly reason: string | null
  /** Tries to set it up that failed. */
  readonly failures: number
}

/** All members as one, for who does not care which. */
export interface Publisher extends Omit<Publishes, 'troubles'> {
  /**
   * Of the members that are up, and of those that are being set up for the first time: shares go there, and wait the moment
   * until they can be published. Else a start would refuse what the server speaks a second later.
   */
  readonly offeredProtocols: readonly string[]
  /** Exports of these protocols can be made, changed and looked for now; false also where nobody speaks it. */
  isUp(protocol: string): boolean
  /** Why exports of the protocol can't be made now, and what to expect; null where they can, or nobody speaks it. */
  notUp(protocol: string): { readonly why: string; readonly isLasting: boolean } | null
  troubles(): readonly string[]
}

/** Seconds after which what a member that is not up refused is tried again. */
const notUpRetryS = 5
/** Tries of a set-up after which it is not expected to come up soon: with the pauses between them half a minute. */
const triesUntilLasting = 5

/**
 * Null when nobody publishes anything. `label` is the backend's; `states` is asked at every call. Who is chosen depends on the
 * export alone: where share servers come to have exporters of their own, `memberFor` is what has to know.
 */
export function publisherOf(
  label: string,
  states: readonly { readonly state: MemberState }[],
): Publisher | null {
  if (states.length === 0) return null
  const members = states.map(({ state }) => state.member)
  const now = (): readonly MemberState[] => states.map(({ state }) => state)
  const memberFor = ({ protocol }: Pick<ExportRef, 'protocol'>): MemberState | undefined =>
    now().find(({ member }) => member.protocols.includes(protocol))
  const speaker = (target: ExportRef): Publishes => {
    const found = memberFor(target)
    if (found !== undefined) return ready(label, found)
    const why = `nobody on ${label} publishes ${target.protocol}`
    throw new DriverError(why, 'nothing-happened', { reason: 'unsupported' })
  }
  const upNow = (): readonly Member[] => now().flatMap(({ member, up }) => (up ? [member] : []))
  const each = async (work: (one: Publishes) => Promise<readonly string[]>): Promise<readonly string[]> => {
    const ids = new Set<string>()
    for (const { publishes } of upNow()) for (const id of await work(publishes)) ids.add(id)
    return [...ids]
  }
  return {
    protocols: members.flatMap(({ protocols }) => protocols),
    get offeredProtocols() {
      return now().flatMap((state) => (state.up || isFirst(state) ? state.member.protocols : []))
    },
    isUp: (protocol) => memberFor({ protocol })?.up === true,
    notUp(protocol) {
      const state = memberFor({ protocol })
      if (state === undefined || state.up) return null
      return { why: notUp(state, label), isLasting: state.failures >= triesUntilLasting }
    },
    accessTypes: members.flatMap(({ protocols, publishes }) =>
      publishes.accessTypes.filter(([protocol]) => protocols.includes(protocol)),
    ),
    ...leftOpen(members),
    pretends: members.every(({ publishes }) => publishes.pretends === true),
    publish: async (call, target) => speaker(target).publish(call, target),
    async unpublish(call, target) {
      const one = memberFor(target)
      // A protocol that nobody speaks any more may have been anybody's.
      const told = one === undefined ? now() : [one]
      const away = told.find(({ up }) => !up)
      for (const { member } of told.filter(({ up }) => up)) await member.publishes.unpublish(call, target)
      if (away !== undefined) ready(label, away)
    },
    applyRules: async (call, target, rules) => speaker(target).applyRules(call, target, rules),
    inventory: (call) => each((one) => one.inventory(call)),
    damaged: (call) => each(async (one) => (await one.damaged?.(call)) ?? []),
    troubles: () =>
      now().flatMap((state) =>
        state.up ? (state.member.publishes.troubles?.() ?? []) : isFirst(state) ? [] : [notUp(state, label)],
      ),
    async settled(call) {
      for (const { publishes } of upNow()) await publishes.settled?.(call)
    },
  }
}

/** Being set up for the first time is no trouble yet: no try has failed. */
const isFirst = ({ up, reason }: MemberState): boolean => !up && reason === null

function ready(label: string, state: MemberState): Publishes {
  if (state.up) return state.member.publishes
  throw new DriverError(notUp(state, label), 'nothing-happened', {
    retryAfterS: notUpRetryS,
    reason: 'busy',
  })
}

/** "exporter cifs of host@alpha is not up: …" */
function notUp({ member, reason }: MemberState, label: string): string {
  return `exporter ${member.key} of ${label} is not up${reason === null ? '' : `: ${reason}`}`
}

/** What every one of them leaves open; nothing is promised when one of them promises nothing. */
function leftOpen(members: readonly Member[]): Pick<Publishes, 'leftOpen'> {
  const sentences = new Set(members.map(({ publishes }) => publishes.leftOpen))
  return sentences.has(undefined) ? {} : { leftOpen: [...sentences].join(' ') }
}
