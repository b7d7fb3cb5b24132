/** The kit's attacks on NFS as groups of the runner. */
import {
  nfsAttacks,
  openAssault,
  type Field,
  type NfsAttack,
} from '../../../src/storage/contract/conformance.ts'
import { group, type Group } from '../attack.ts'
import type { ConformanceTarget } from '../../../src/storage/contract/conformance.ts'

interface NfsWorld {
  readonly field: Field
  close(): Promise<void>
}

/** Attacks of the kit, all of them unless told otherwise, on one target. */
export const nfsGroup = (
  target: ConformanceTarget,
  cannotRun: string | null,
  attacks: readonly NfsAttack[] = nfsAttacks,
): Group =>
  group<NfsWorld>({
    name: target.name,
    cannotRun,
    open: () => openAssault(target),
    attacks: attacks.map(({ name, tries, run }) => ({ name, tries, run: ({ field }) => run(field) })),
  })
