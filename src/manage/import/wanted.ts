/** What an import brings, whatever it comes from: things with the ids they have there, in an order in which each can be made. */

export interface WantedDomain {
  readonly id: string
  readonly name: string
  readonly description: string
  readonly enabled: boolean
}

export interface WantedRole {
  readonly id: string
  readonly name: string
  readonly description: string
}

export interface WantedImplication {
  readonly priorId: string
  readonly impliedId: string
}

export interface WantedProject {
  readonly id: string
  readonly name: string
  readonly domainId: string
  /** Null at the top of its domain. Comes before this one. */
  readonly parentId: string | null
  readonly description: string
  readonly enabled: boolean
  readonly tags: readonly string[]
}

export interface WantedUser {
  readonly id: string
  readonly name: string
  readonly domainId: string
  readonly description: string
  readonly email: string | null
  readonly enabled: boolean
  readonly defaultProjectId: string | null
  /** One of ours (`auth/passwords.ts`); null where nothing can be checked against. */
  readonly passwordHash: string | null
}

export interface WantedGroup {
  readonly id: string
  readonly name: string
  readonly domainId: string
  readonly description: string
}

export interface WantedMember {
  readonly groupId: string
  readonly userId: string
}

export interface WantedAssignment {
  readonly roleId: string
  readonly actor: { readonly type: 'user' | 'group'; readonly id: string }
  readonly target: { readonly type: 'project' | 'domain' | 'system'; readonly id: string }
  /** Held on every project below the target, and not on the target itself. */
  readonly inherited: boolean
}

type Stream<T> = Iterable<T> | AsyncIterable<T>

/** Read from the first to the last, each once. */
export interface Source {
  readonly domains: Stream<WantedDomain>
  readonly roles: Stream<WantedRole>
  readonly implications: Stream<WantedImplication>
  readonly projects: Stream<WantedProject>
  readonly users: Stream<WantedUser>
  readonly groups: Stream<WantedGroup>
  readonly members: Stream<WantedMember>
  readonly assignments: Stream<WantedAssignment>
  /** What it has and can't be brought; complete when all else was read. */
  notes(): readonly Note[]
}

export interface Note {
  readonly what: string
  readonly why: string
}
