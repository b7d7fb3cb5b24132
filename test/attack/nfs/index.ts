/** The kit's attacks on NFS as groups of the runner. */
import { nfsAttacks, openAssault, type Field } from '../../../src/drivers/conformance.ts'
import { group, type Group } from '../attack.ts'
import type { ConformanceTarget } from '../../../src/drivers/conformance.ts'

interface NfsWorld {
  readonly field: Field
  close(): Promise<void>
}

/** Every attack of the kit on one target. */
export const nfsGroup = (target: ConformanceTarget, cannotRun: string | null): Group =>
  group<NfsWorld>({
    name: target.name,
    cannotRun,
    open: () => openAssault(target),
    attacks: nfsAttacks.map(({ name, tries, run }) => ({ name, tries, run: ({ field }) => run(field) })),
  })
