/** Hosts, their backends and the pools of those, the worst first: what is down or full is what one came for. */
import type { ServiceView } from '../services/queries.ts'
import { capacityOf, type Capacity } from './capacity.ts'
import type { PoolView } from './queries.ts'

/** How bad it is; larger is worse. */
export const grades = ['fine', 'tight', 'off', 'full', 'down'] as const
export type Grade = (typeof grades)[number]

export interface PoolNode {
  readonly pool: PoolView
  readonly capacity: Capacity
  readonly grade: Grade
}
export interface BackendNode {
  /** `host@backend` */
  readonly label: string
  readonly service: ServiceView | null
  readonly pools: readonly PoolNode[]
  readonly grade: Grade
  /** Of itself, without its pools. */
  readonly own: Grade
}
export interface HostNode {
  readonly name: string
  /** What runs there and has no pools. */
  readonly services: readonly (ServiceView & { readonly grade: Grade })[]
  readonly backends: readonly BackendNode[]
  readonly grade: Grade
  /** Of its services alone. */
  readonly own: Grade
}

const worst = (all: readonly Grade[]): Grade =>
  grades[all.reduce((most, one) => Math.max(most, grades.indexOf(one)), 0)] as Grade
const worstFirst = (a: { readonly grade: Grade }, b: { readonly grade: Grade }): number =>
  grades.indexOf(b.grade) - grades.indexOf(a.grade)

export const gradeOfFullness = (fullness: number | null): Grade =>
  fullness === null || fullness < 0.8 ? 'fine' : fullness < 0.95 ? 'tight' : 'full'

export const gradeOfService = ({ state, status }: Pick<ServiceView, 'state' | 'status'>): Grade =>
  state === 'up' ? (status === 'enabled' ? 'fine' : 'off') : 'down'

export function topology(services: readonly ServiceView[], pools: readonly PoolView[]): readonly HostNode[] {
  const byBackend = Map.groupBy(pools, ({ host, backend }) => `${host}@${backend}`)
  const labels = new Set([
    ...services.map(({ host }) => host).filter((host) => host.includes('@')),
    ...byBackend.keys(),
  ])
  const backends = [...labels].sort().map((label): BackendNode => {
    const service = services.find(({ host }) => host === label) ?? null
    const nodes = (byBackend.get(label) ?? [])
      .map((pool): PoolNode => {
        const capacity = capacityOf(pool.capabilities)
        return { pool, capacity, grade: gradeOfFullness(capacity.fullness) }
      })
      .toSorted((a, b) => (b.capacity.fullness ?? 0) - (a.capacity.fullness ?? 0))
    const own = service === null ? 'fine' : gradeOfService(service)
    return { label, service, pools: nodes, own, grade: worst([own, ...nodes.map(({ grade }) => grade)]) }
  })
  const hostOf = (label: string): string => label.split('@')[0] ?? label
  const hosts = [
    ...new Set([...services.map(({ host }) => hostOf(host)), ...backends.map(({ label }) => hostOf(label))]),
  ]
  return hosts
    .sort()
    .map((name): HostNode => {
      const here = backends.filter(({ label }) => hostOf(label) === name).toSorted(worstFirst)
      const others = services
        .filter(({ host }) => host === name)
        .map((service) => ({ ...service, grade: gradeOfService(service) }))
        .toSorted(worstFirst)
      return {
        name,
        services: others,
        backends: here,
        own: worst(others.map(({ grade }) => grade)),
        grade: worst([...here, ...others].map(({ grade }) => grade)),
      }
    })
    .toSorted(worstFirst)
}
