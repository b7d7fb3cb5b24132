/**
 * The attack on NFS exports: part of the kit that exporters pass. What a client sends that may mount one share of one project
 * reaches nothing of another's, changes nothing, and stops nobody else's server.
 *
 * @example
 * ```ts
 * const assault = await openAssault(target)
 * for (const attack of assault.attacks) console.log(attack.name, await attack.run())
 * await assault.close()
 * ```
 */
import assert from 'node:assert/strict'
import { Bench, type Law } from '../bench.ts'
import { openField, type Field, type FieldOptions } from './field.ts'
import { forgedAttacks } from './forged.ts'
import { readHostHandle } from './handles.ts'
import { nameAttacks } from './names.ts'
import { onlyFsidAttacks, pendingAttacks } from './only-fsid.ts'
import { stateAttacks } from './state.ts'
import { writeAttacks } from './writes.ts'
import type { ConformanceTarget } from '../target.ts'
import type { NfsAttack, Outcome } from './attack.ts'

export { pendingAttacks }
export type { NfsAttack, Outcome } from './attack.ts'
export type { Field, FieldOptions } from './field.ts'

export const nfsAttacks: readonly NfsAttack[] = [
  ...nameAttacks,
  ...forgedAttacks,
  ...writeAttacks,
  ...stateAttacks,
  // Last: the attacker's own server may not survive these.
  ...onlyFsidAttacks,
]

export interface Assault {
  readonly field: Field
  close(): Promise<void>
}

/** Makes a field on the target's backend, which must say how {@link Hostile} clients reach it. */
export async function openAssault(target: ConformanceTarget, options: FieldOptions = {}): Promise<Assault> {
  const backend = await target.make()
  const bench = new Bench(target, backend)
  try {
    await bench.open()
    const field = await openField(bench, options)
    return {
      field,
      async close() {
        await field.close()
        try {
          await bench.close()
        } finally {
          await backend.cleanup()
        }
      },
    }
  } catch (error) {
    await bench.close().catch(() => {})
    await backend.cleanup().catch(() => {})
    throw error
  }
}

/** For whoever runs the whole kit: all attacks on one field. */
export const attackLaws: readonly Law[] = [
  {
    name: "what a client of one export sends reaches nothing of another's",
    needs: ['publishes', 'separates', 'hostile'],
    async check(bench) {
      const field = await openField(bench)
      try {
        const through: string[] = []
        const host = readHostHandle(field.mine.handles[0]?.bytes ?? Buffer.alloc(0)) !== null
        for (const attack of nfsAttacks.filter(({ layout }) => host || layout !== 'host')) {
          const outcome: Outcome = await attack.run(field)
          if (outcome.through) through.push(`${attack.name}: ${outcome.tried}: ${outcome.cameBack}`)
        }
        assert.deepEqual(through, [])
      } finally {
        await field.close()
      }
    },
  },
]
