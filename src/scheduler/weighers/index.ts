/** All weighers and the ones used by default. A new weigher is one file and one line in `all`. */
import { capacityWeigher } from './capacity.ts'
import { goodnessWeigher } from './goodness.ts'
import { hostAffinityWeigher } from './host-affinity.ts'
import { poolWeigher } from './pool.ts'
import type { Weigher } from '../types.ts'

const all: readonly Weigher[] = [capacityWeigher, goodnessWeigher, hostAffinityWeigher, poolWeigher]

const byName: ReadonlyMap<string, Weigher> = new Map(all.map((weigher) => [weigher.name, weigher]))

/** Names that the option listing weighers may hold. */
export const weigherNames: readonly string[] = [...byName.keys()]

/** Option `scheduler_default_weighers`. */
export const defaultWeighers: readonly string[] = [
  'CapacityWeigher',
  'GoodnessWeigher',
  'HostAffinityWeigher',
]

/** The weighers of a configured list. Throws on a name nobody knows: call it when configuration is read. */
export function weighersNamed(names: readonly string[]): Weigher[] {
  return names.map((name) => {
    const weigher = byName.get(name)
    if (weigher === undefined) {
      throw new Error(`There is no scheduler weigher '${name}'; known: ${weigherNames.join(', ')}.`)
    }
    return weigher
  })
}
