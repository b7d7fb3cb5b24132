/**
 * Asks an exporter for a set of rules, and when it refuses the set finds the rules that it refuses. An exporter has to name them
 * itself; one that throws for the whole set instead, because of one rule, must not be what keeps everybody else's rules from
 * being applied, nor a denial from ending.
 */
import { isDriverError, type ExportRule, type RuleOutcome } from '../storage/contract/driver.ts'

export interface RuleSender {
  readonly lastTry: boolean
  /** True for rules that were in force before: they are taken for good ones. */
  isSettled(rule: ExportRule): boolean
  send(rules: readonly ExportRule[]): Promise<readonly RuleOutcome[]>
}

/** Calls at most for one set: a dozen bad rules among thousands are found, and the rest of a worse set is given up. */
const callsAtMost = 256

/** One outcome a rule. Throws what the exporter threw where that is no rule's fault; the export then has what it had, or all of `rules`. */
export async function sendRules(
  rules: readonly ExportRule[],
  sender: RuleSender,
): Promise<readonly RuleOutcome[]> {
  try {
    return await sender.send(rules)
  } catch (error) {
    const fault = faultOf(error)
    if (rules.length === 0 || fault === 'other') throw error
    if (fault === 'unclear' && !sender.lastTry) throw error
    return new Search(rules, sender, error).run(fault === 'rules')
  }
}

/** Whether the rules are at fault: says the exporter, or may be, or certainly not. */
function faultOf(error: unknown): 'rules' | 'unclear' | 'other' {
  if (!isDriverError(error)) return 'unclear'
  switch (error.reason) {
    case 'unsupported':
    case 'client-forbidden':
    case 'access-type-unsupported':
    case 'access-level-unsupported':
      return 'rules'
    case null:
      return error.outcome === 'nothing-happened' && error.retryAfterS === null ? 'rules' : 'unclear'
    default:
      return 'other'
  }
}

class Search {
  readonly #rules: readonly ExportRule[]
  readonly #sender: RuleSender
  readonly #first: unknown
  #calls = 0
  /** What the exporter took last, and what it said of it. */
  #good: readonly ExportRule[] = []
  #outcomes: readonly RuleOutcome[] = []
  /** The export may have another set than `#good`. */
  #unsure = true
  readonly #bad = new Map<string, unknown>()

  constructor(rules: readonly ExportRule[], sender: RuleSender, first: unknown) {
    this.#rules = rules
    this.#sender = sender
    this.#first = first
  }

  /** `certain`: rules are at fault. Else those that were in force before have to go through, or it is no rule's fault. */
  async run(certain: boolean): Promise<readonly RuleOutcome[]> {
    const settled = this.#rules.filter((rule) => this.#sender.isSettled(rule))
    const fresh = this.#rules.filter((rule) => !this.#sender.isSettled(rule))
    // Who was let in before is cut off for no moment of the search, if that can be.
    const kept = await this.#take(settled)
    if (!kept && !certain) return this.#giveUp()
    if (!kept) await this.#split(settled)
    await this.#split(fresh)
    if (this.#unsure && (await this.#try([])) !== null) return this.#giveUp()
    const named = [...this.#bad].map(([id, error]): RuleOutcome => {
      const reason = isDriverError(error) ? error.reason : null
      return { id, state: 'error', accessKey: null, why: wordsOf(error), reason }
    })
    return [...this.#outcomes, ...named]
  }

  /** Adds what is good of `some` to the good ones. */
  async #split(some: readonly ExportRule[]): Promise<void> {
    if (some.length === 0) return
    if (some.length === 1 || this.#calls >= callsAtMost) {
      const failed = this.#calls >= callsAtMost ? this.#first : await this.#try(some)
      if (failed !== null) for (const { id } of some) this.#bad.set(id, failed)
      return
    }
    const middle = Math.ceil(some.length / 2)
    for (const half of [some.slice(0, middle), some.slice(middle)])
      if (half.length === 1 || !(await this.#take(half))) await this.#split(half)
  }

  async #take(some: readonly ExportRule[]): Promise<boolean> {
    return this.#calls < callsAtMost && (await this.#try(some)) === null
  }

  /** Null when the exporter took the good ones and these; else why not. */
  async #try(some: readonly ExportRule[]): Promise<unknown> {
    const set = [...this.#good, ...some]
    this.#calls++
    try {
      this.#outcomes = await this.#sender.send(set)
      this.#good = set
      this.#unsure = false
      return null
    } catch (error) {
      if (faultOf(error) === 'other') throw error
      this.#unsure = true
      return error ?? this.#first
    }
  }

  /** No rule is at fault. What the search may have taken from the export comes back with the whole set, if that can be. */
  async #giveUp(): Promise<never> {
    await this.#sender.send(this.#rules).catch(() => undefined)
    throw this.#first
  }
}

const wordsOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))
