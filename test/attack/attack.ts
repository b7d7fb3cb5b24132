/**
 * What an attack is. It tries what a tenant, a stranger or a hostile client could try on what runs, and says what came back;
 * whether it is through is judged by what it got, never by how it was refused. Attacks of one group share a world, which is
 * opened when the first of them runs; each leaves the world usable for the next.
 */

export interface Outcome {
  /** True when it got what it must not get: something of another's, a change, a service that others lost. */
  readonly through: boolean
  /** What was tried, with counts: `204 forged handles`. */
  readonly tried: string
  /** What came back, in the other side's own words. */
  readonly cameBack: string
  /** It got something that the guide says is left open; counted by itself, never as held. Only with `through: false`. */
  readonly leftOpen?: boolean
}

export interface Attack<World> {
  /** Short, unlike any other. */
  readonly name: string
  /** One sentence without a full stop: what the attacker wants and does. */
  readonly tries: string
  run(world: World): Promise<Outcome>
}

/** An attack that has its world. */
export interface ReadyAttack {
  readonly name: string
  readonly tries: string
  run(): Promise<Outcome>
}

export interface Group {
  readonly name: string
  /** Why none of it can run on this host; null when it can. */
  readonly cannotRun: string | null
  readonly attacks: readonly ReadyAttack[]
  /** Takes the world down, if one was opened. */
  close(): Promise<void>
}

/** Attacks on one world. */
export function group<World extends { close(): Promise<void> }>(given: {
  readonly name: string
  readonly cannotRun?: string | null
  readonly open: () => Promise<World>
  readonly attacks: readonly Attack<World>[]
}): Group {
  let world: Promise<World> | null = null
  return {
    name: given.name,
    cannotRun: given.cannotRun ?? null,
    attacks: given.attacks.map(({ name, tries, run }) => ({
      name,
      tries,
      run: async () => run(await (world ??= given.open())),
    })),
    async close() {
      const opened = world
      world = null
      // What could not be opened has told so in each attack.
      await (await opened?.catch(() => null))?.close()
    },
  }
}
