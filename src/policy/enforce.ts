/**
 * Who may do what. `Policy` holds Manila's rules with the operator's file over them and answers one question: may this
 * caller do this to that? It knows rule names and identities; no HTTP, no database, no resource.
 *
 * It promises: a token that is not scoped to a project passes no rule; a rule nobody defined passes nobody; a policy file
 * that breaks while the service runs changes nothing but is reported, and is used again as soon as it is whole.
 */
import { fault } from '../model/errors.ts'
import type { Identity } from '../model/identity.ts'
import type { Clock } from '../runtime/clock.ts'
import { defaultRules } from './defaults/index.ts'
import { evaluate, type Credentials, type Question, type Target } from './evaluate.ts'
import { explain, type Explained } from './explain.ts'
import { readVersion, type FileVersion } from './file.ts'
import type { Check } from './language.ts'
import { compileRules, PolicyFileError, readPolicyText } from './load.ts'

export interface PolicyOptions {
  readonly clock: Clock
  /** Path of a YAML or JSON file of overrides; '' or absent = defaults only. Must exist at start. */
  readonly file?: string
  /** Told once about each version of the file that could not be used; the last good rules stay in force. */
  readonly onBroken?: (error: Error) => void
  /** Told whenever the file was read and is in force, at the start too: how many rules it holds and what to say about them. */
  readonly onLoaded?: (loaded: { readonly overrides: number; readonly warnings: readonly string[] }) => void
}

/** How the file stands. */
export interface PolicyState {
  /** '' without one. */
  readonly file: string
  /** Rules of the file that are in force. */
  readonly overrides: number
  /** Microseconds: since when they are in force. */
  readonly loadedAt: number
  /** Rules of the file that nobody knows, as sentences. */
  readonly warnings: readonly string[]
  /** Why the file as it is now is not in force; null when it is. */
  readonly broken: { readonly reason: string; readonly since: number } | null
}

/** What became of one decision, for people. */
export interface Explanation {
  readonly allowed: boolean
  /** What decides before any rule is asked; null when nothing did. */
  readonly beforehand: string | null
  /** Null for a rule that nobody defined. */
  readonly tree: Explained | null
}

/** The file is looked at no more often than this. */
const lookEveryUs = 1_000_000
/** A changed file is read when it has been left alone for so long, or two looks found the same: half of one would be in force as if it were all. */
const settledAfterUs = 1_000_000

/** Rules in force. Make one per process. The constructor throws when the file is wrong. */
export class Policy {
  readonly #clock: Clock
  readonly #file: string
  readonly #onBroken: (error: Error) => void
  readonly #onLoaded: NonNullable<PolicyOptions['onLoaded']>
  #rules: ReadonlyMap<string, Check>
  /** What the rules in force say of callers and their own: views ask it for every row of a list. */
  #answers = new WeakMap<Identity, Map<string, boolean>>()
  /** Of the version in force. */
  #stamp: string | null = null
  /** Of the version that the last look found. */
  #seen: string | null = null
  /** Of a version that was read and is wrong. */
  #failed: string | null = null
  #lookedAt: number
  #state: PolicyState

  constructor({ clock, file = '', onBroken = () => {}, onLoaded = () => {} }: PolicyOptions) {
    this.#clock = clock
    this.#file = file
    this.#onBroken = onBroken
    this.#onLoaded = onLoaded
    this.#lookedAt = clock.now()
    this.#state = { file, overrides: 0, loadedAt: this.#lookedAt, warnings: [], broken: null }
    if (file === '') {
      this.#rules = compileRules(defaultRules).rules
      return
    }
    try {
      const { stamp, text } = readVersion(file, () => true)
      if (text === null) throw new PolicyFileError(['it is being written'])
      this.#rules = this.#take(stamp, text, this.#lookedAt)
    } catch (error) {
      throw namingFile(file, error)
    }
  }

  /** True when the rule exists. */
  has(rule: string): boolean {
    return this.#current().has(rule)
  }

  /** Names of all rules in force. */
  names(): string[] {
    return [...this.#current().keys()]
  }

  /** How the file stands, looked at now. */
  state(): PolicyState {
    this.#current()
    return this.#state
  }

  /** May the caller do this? An identity never changes, so it is asked once about its own. `target` is the thing acted on; by default something of the caller's own. */
  check(rule: string, identity: Identity, target?: Target): boolean {
    if (identity.scope !== 'project') return false
    const rules = this.#current()
    if (target !== undefined) return decide(rules, rule, identity, target)
    let answers = this.#answers.get(identity)
    if (answers === undefined) this.#answers.set(identity, (answers = new Map()))
    let passes = answers.get(rule)
    if (passes === undefined) answers.set(rule, (passes = decide(rules, rule, identity, ownOf(identity))))
    return passes
  }

  /** Like {@link check}, but throws the `Forbidden` fault. */
  authorize(rule: string, identity: Identity, target?: Target): void {
    if (!this.check(rule, identity, target)) throw fault('Forbidden', { rule })
  }

  /** The same decision as {@link check}, with what each part of the rule came to. */
  explain(rule: string, identity: Identity, target: Target = ownOf(identity)): Explanation {
    const allowed = this.check(rule, identity, target)
    const rules = this.#current()
    const check = rules.get(rule)
    const beforehand =
      identity.scope !== 'project'
        ? `a token of scope "${identity.scope}" passes no rule: it needs a project`
        : check === undefined
          ? 'nobody defined this rule, and such a rule passes nobody'
          : null
    const tree = check === undefined ? null : explain(check, questionOf(rules, rule, identity, target))
    return { allowed, beforehand, tree }
  }

  #current(): ReadonlyMap<string, Check> {
    if (this.#file === '') return this.#rules
    const now = this.#clock.now()
    if (now - this.#lookedAt < lookEveryUs) return this.#rules
    this.#lookedAt = now
    this.#look(now)
    return this.#rules
  }

  #look(now: number): void {
    let version: FileVersion
    try {
      version = readVersion(this.#file, ({ stamp, changedAt }) => {
        if (stamp === this.#stamp || stamp === this.#failed) return false
        return stamp === this.#seen || now - changedAt >= settledAfterUs
      })
    } catch (error) {
      this.#seen = null
      this.#failed = null
      this.#break(error, now)
      return
    }
    const { stamp, text } = version
    this.#seen = stamp
    // The version in force is back, or never went.
    if (stamp === this.#stamp && this.#state.broken !== null) this.#state = { ...this.#state, broken: null }
    if (text === null) return
    try {
      this.#rules = this.#take(stamp, text, now)
      this.#answers = new WeakMap()
    } catch (error) {
      this.#failed = stamp
      this.#break(error, now)
    }
  }

  #take(stamp: string, text: string, now: number): ReadonlyMap<string, Check> {
    const overrides = readPolicyText(text)
    const { rules, warnings } = compileRules(defaultRules, overrides)
    this.#stamp = stamp
    this.#failed = null
    const known = [...overrides.keys()].filter((name) => rules.has(name)).length
    this.#state = { file: this.#file, overrides: known, loadedAt: now, warnings, broken: null }
    this.#onLoaded({ overrides: known, warnings })
    return rules
  }

  #break(cause: unknown, now: number): void {
    const error = namingFile(this.#file, cause)
    const { broken } = this.#state
    if (broken?.reason === error.message) return
    this.#state = { ...this.#state, broken: { reason: error.message, since: broken?.since ?? now } }
    this.#onBroken(error)
  }
}

const ownOf = ({ projectId, userId }: Identity): Target => ({ project_id: projectId, user_id: userId })

function decide(
  rules: ReadonlyMap<string, Check>,
  rule: string,
  identity: Identity,
  target: Target,
): boolean {
  const check = rules.get(rule)
  return check !== undefined && evaluate(check, questionOf(rules, rule, identity, target))
}

function questionOf(
  rules: ReadonlyMap<string, Check>,
  rule: string,
  identity: Identity,
  target: Target,
): Question {
  const question = { rules, target, credentials: credentialsOf(identity) }
  // `context_is_admin` is decided about the caller alone and before anything else, as `is_admin:` refers to it.
  const own = { ...question, target: ownOf(identity) }
  if (rule === 'context_is_admin') return own
  const adminRule = rules.get('context_is_admin')
  const isAdmin = adminRule !== undefined && evaluate(adminRule, own)
  return { ...question, credentials: { ...question.credentials, is_admin: isAdmin } }
}

function namingFile(file: string, error: unknown): Error {
  const said = error instanceof Error ? error.message : String(error)
  return Object.assign(new Error(`policy file ${file}: ${said}`, { cause: error }), {
    code: (error as NodeJS.ErrnoException).code,
  })
}

/** What rules can ask about a caller. The second names are oslo's old ones. */
function credentialsOf(identity: Identity): Credentials {
  return {
    user_id: identity.userId,
    user: identity.userId,
    user_domain_id: identity.userDomainId,
    project_id: identity.projectId,
    tenant: identity.projectId,
    tenant_id: identity.projectId,
    project_domain_id: identity.projectDomainId,
    roles: identity.roles,
    service_roles: identity.serviceRoles,
  }
}
