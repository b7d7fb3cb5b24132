/** manila-data: what belongs to no backend and no request. */
import { startDataService, type DataService } from '../data/service.ts'
import { registerService } from '../db/store/services.ts'
import type { Core } from './core.ts'
import type { Role } from './role.ts'

export async function dataRole(core: Core): Promise<Role> {
  const { settings, store, clock } = core
  const id = await registerService(store, {
    host: settings.host,
    binaryName: 'manila-data',
    topic: 'manila-data',
    availabilityZone: settings.shares.storage_availability_zone,
    now: clock.now(),
  })
  let service: DataService | null = null
  return {
    serviceIds: [id],
    async start() {
      service = startDataService(core)
    },
    async stop() {
      await service?.stop()
    },
    unusable: async () => null,
  }
}
