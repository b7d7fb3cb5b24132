/** A driver and its proof as somebody else writes them, in TypeScript: compiled against the installed package by `release.test.ts`. */
import { DriverError, driverFactory, type StorageDriver } from 'manila/driver'
import { runConformance } from 'manila/driver/conformance'

function memory(totalGib: number): StorageDriver {
  const ids = new Set<string>()
  const created = (id: string) => ({ state: {}, tree: { path: `/example/${id}`, readOnly: false } })
  return {
    name: 'memory',
    reach: 'host',
    setup: async () => {},
    stop: async () => {},
    pools: async () => [{ name: 'only', totalGib, freeGib: totalGib, thin: true, extra: {} }],
    create: async (_call, share) => {
      if (share.pool !== 'only') throw new DriverError(`no pool ${share.pool}`, 'no-room-here')
      ids.add(share.id)
      return created(share.id)
    },
    delete: async (_call, { id }) => void ids.delete(id),
    extend: async () => {},
    ensure: async (_call, { id }) => created(id),
    inventory: async () => ({ shares: [...ids], snapshots: [] }),
  }
}

export const driver = driverFactory({
  name: 'memory',
  options: { type: 'object', properties: { total_gib: { type: 'number' } }, required: ['total_gib'] },
  create: ({ total_gib }) => memory(total_gib),
})

// What the contract doesn't know is refused.
// @ts-expect-error -- no such outcome
export const wrongOutcome = (): Error => new DriverError('full', 'no-room-anywhere')
// @ts-expect-error -- a driver lists what it has
export const lacking: StorageDriver = { ...memory(1), inventory: undefined }
// @ts-expect-error -- the options say a number
export const wrongOption = (): StorageDriver => driver.create({ total_gib: 'many' }, neverMade)
declare const neverMade: Parameters<typeof driver.create>[1]

export const prove = (): Promise<{ readonly failed: readonly unknown[] }> =>
  runConformance({ name: 'memory', make: async () => ({ driver: memory(1), cleanup: async () => {} }) })
