/** What one run of an operation asked of the database, all together and step by step, its records included. */
import { countedIn, freshUse, keepUse, toldUse, type DatabaseUse } from '../runtime/database-use.ts'

export class WorkUse {
  readonly #all = freshUse()
  readonly #steps = new Map<string, DatabaseUse>()

  /** Runs what belongs to the operation, and to a step of it where one is named. */
  of<T>(step: string | null, body: () => T): T {
    if (this.#all === null) return body()
    if (step === null) return countedIn(this.#all, body)
    const use = this.#steps.get(step) ?? freshUse()
    if (use !== null) this.#steps.set(step, use)
    return countedIn(use, body)
  }

  /** So far, for a line of the log; nothing while nothing is counted. */
  told(): { readonly database?: object; readonly steps?: object } {
    if (this.#all === null) return {}
    const steps = Array.from(this.#steps, ([name, use]) => [name, toldUse(use)] as const)
    return { database: toldUse(this.#all), steps: Object.fromEntries(steps) }
  }

  /** The run is over: into the totals of its kind. */
  addUp(kind: string): void {
    keepUse(kind, '', this.#all)
    for (const [name, use] of this.#steps) keepUse(kind, name, use)
  }
}
