/**
 * Who may do what. `Policy` holds Manila's rules with the operator's file over them and answers one question: may this
 * caller do this to that? It knows rule names and identities; no HTTP, no database, no resource.
 *
 * It promises: a token that is not scoped to a project passes no rule; a rule nobody defined passes nobody; a policy file
 * that breaks while the service runs changes nothing but is reported.
 */
import { readFileSync, statSync } from 'node:fs'
import { fault } from '../model/errors.ts'
import type { Identity } from '../model/identity.ts'
import type { Clock } from '../runtime/clock.ts'
import { defaultRules } from './defaults/index.ts'
import { evaluate, type Credentials, type Target } from './evaluate.ts'
import type { Check } from './language.ts'
import { compileRules, readPolicyText } from './load.ts'

export interface PolicyOptions {
  readonly clock: Clock
  /** Path of a YAML or JSON file of overrides; '' or absent = defaults only. Must exist at start. */
  readonly file?: string
  /** Told once about each version of the file that could not be used; the last good rules stay in force. */
  readonly onBroken?: (error: Error) => void
}

/** The file is looked at no more often than this. */
const lookEveryMicros = 1_000_000

/** Rules in force. Make one per process. The constructor throws when the file is wrong. */
export class Policy {
  readonly #clock: Clock
  readonly #file: string
  readonly #onBroken: (error: Error) => void
  #rules: ReadonlyMap<string, Check>
  /** What the rules in force say of callers and their own: views ask it for every row of a list. */
  #answers = new WeakMap<Identity, Map<string, boolean>>()
  #stamp = ''
  #lookedAt: number

  constructor({ clock, file = '', onBroken = () => {} }: PolicyOptions) {
    this.#clock = clock
    this.#file = file
    this.#onBroken = onBroken
    this.#lookedAt = clock.now()
    if (file === '') {
      this.#rules = compileRules(defaultRules)
    } else {
      this.#stamp = stampOf(file)
      this.#rules = readRules(file)
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

  #current(): ReadonlyMap<string, Check> {
    if (this.#file === '') return this.#rules
    const now = this.#clock.now()
    if (now - this.#lookedAt < lookEveryMicros) return this.#rules
    this.#lookedAt = now
    try {
      const stamp = stampOf(this.#file)
      if (stamp === this.#stamp) return this.#rules
      // Noted before reading, so that a broken version is reported once and not every second.
      this.#stamp = stamp
      this.#rules = readRules(this.#file)
      this.#answers = new WeakMap()
    } catch (error) {
      const missing = (error as NodeJS.ErrnoException).code === 'ENOENT'
      if (!missing || this.#stamp !== 'missing') this.#onBroken(error as Error)
      if (missing) this.#stamp = 'missing'
    }
    return this.#rules
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
  if (check === undefined) return false
  const question = { rules, target, credentials: credentialsOf(identity) }
  // `context_is_admin` is decided about the caller alone and before anything else, as `is_admin:` refers to it.
  const adminRule = rules.get('context_is_admin')
  const isAdmin = adminRule !== undefined && evaluate(adminRule, { ...question, target: ownOf(identity) })
  if (rule === 'context_is_admin') return isAdmin
  return evaluate(check, { ...question, credentials: { ...question.credentials, is_admin: isAdmin } })
}

function readRules(file: string): ReadonlyMap<string, Check> {
  try {
    return compileRules(defaultRules, readPolicyText(readFileSync(file, 'utf8')))
  } catch (error) {
    throw Object.assign(new Error(`policy file ${file}: ${(error as Error).message}`, { cause: error }), {
      code: (error as NodeJS.ErrnoException).code,
    })
  }
}

function stampOf(file: string): string {
  const { mtimeNs, size, ino } = statSync(file, { bigint: true })
  return `${mtimeNs} ${size} ${ino}`
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
