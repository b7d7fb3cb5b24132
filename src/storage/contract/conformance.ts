/**
 * The kit that every storage driver and exporter passes, from this repository or from outside (package export
 * `manila/driver/conformance`). It knows the contract in `driver.ts` and nothing about any backend: what it can't see
 * through the contract it asks of the target's probes. It belongs to no test framework.
 *
 * @example
 * ```ts
 * for (const check of await conformance(target)) if (check.notDeclared === null) test(check.name, check.run)
 * ```
 */
import { attackLaws } from './conformance/attack/index.ts'
import { adoptionLaws } from './conformance/adopt.ts'
import { Bench, type Law } from './conformance/bench.ts'
import { coreLaws } from './conformance/core.ts'
import { exporterLaws } from './conformance/exporter.ts'
import { limitLaws } from './conformance/limits.ts'
import { sizeLaws } from './conformance/sizes.ts'
import { snapshotLaws } from './conformance/snapshots.ts'
import { lacking, type ConformanceTarget } from './conformance/target.ts'

export { fileProbes } from './conformance/file-probes.ts'
export { nfsAttacks, openAssault, pendingAttacks } from './conformance/attack/index.ts'
export type { Assault, Field, NfsAttack, Outcome } from './conformance/attack/index.ts'
export type {
  ConformanceBackend,
  ConformanceTarget,
  Content,
  Hostile,
  Place,
  Probes,
} from './conformance/target.ts'

const peaceful: readonly Law[] = [
  ...coreLaws,
  ...sizeLaws,
  ...snapshotLaws,
  ...adoptionLaws,
  ...exporterLaws,
  ...limitLaws,
]

/** One law, asked of one target. */
export interface Check {
  readonly name: string
  /** Why the target doesn't have what the check is about; null when it has. Such a check is neither passed nor failed. */
  readonly notDeclared: string | null
  /** Settles when the law holds; throws what is wrong, or {@link NotDeclared}. */
  run(): Promise<void>
}

/** Thrown by a check of something the target doesn't declare, so that a plain loop never counts it as passed. */
export class NotDeclared extends Error {}

/**
 * Every check of the kit for this target. Makes one backend to see which abilities it declares. Where the backend says how
 * hostile clients come ({@link Hostile}), they do.
 */
export async function conformance(target: ConformanceTarget): Promise<readonly Check[]> {
  const backend = await target.make()
  const laws = backend.hostile === undefined ? peaceful : [...peaceful, ...attackLaws]
  const reasons = laws.map(
    ({ needs }) => needs.map((need) => lacking(need, target, backend)).find(Boolean) ?? null,
  )
  await backend.cleanup()
  return laws.map((law, index) => {
    const notDeclared = reasons[index]!
    return {
      name: law.name,
      notDeclared,
      async run() {
        if (notDeclared) throw new NotDeclared(notDeclared)
        await ask(target, law)
      },
    }
  })
}

async function ask(target: ConformanceTarget, law: Law): Promise<void> {
  const backend = await target.make()
  const bench = new Bench(target, backend)
  try {
    await bench.open()
    await law.check(bench)
  } catch (error) {
    // What went wrong first is the news; a backend in that shape may not let itself be tidied.
    await bench.close().catch(() => {})
    await backend.cleanup().catch(() => {})
    throw error
  }
  try {
    await bench.close()
  } finally {
    await backend.cleanup()
  }
}

export interface Verdict {
  readonly passed: readonly string[]
  readonly failed: readonly { readonly name: string; readonly error: unknown }[]
  readonly notDeclared: readonly string[]
}

/**
 * Runs the kit and prints one line per check and a count. The caller decides what a failure means, usually
 * `process.exitCode = verdict.failed.length > 0 ? 1 : 0`.
 */
export async function runConformance(
  target: ConformanceTarget,
  print: (line: string) => void = console.log,
): Promise<Verdict> {
  const passed: string[] = []
  const failed: { name: string; error: unknown }[] = []
  const notDeclared: string[] = []
  for (const check of await conformance(target)) {
    const began = performance.now()
    if (check.notDeclared) {
      notDeclared.push(check.name)
      print(`not declared  ${check.name} (${check.notDeclared})`)
      continue
    }
    try {
      await check.run()
      passed.push(check.name)
      print(`passed        ${check.name} (${Math.round(performance.now() - began)} ms)`)
    } catch (error) {
      failed.push({ name: check.name, error })
      print(
        `FAILED        ${check.name}\n              ${(error as Error).message.replaceAll('\n', '\n              ')}`,
      )
    }
  }
  print(
    `${target.name}: ${passed.length} passed, ${failed.length} failed, ${notDeclared.length} not declared`,
  )
  return { passed, failed, notDeclared }
}
