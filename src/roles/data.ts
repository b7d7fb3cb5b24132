/** manila-data: what belongs to no backend and no request. */
import { startDataService, type DataService } from '../data/service.ts'
import { registerService } from '../db/store/services.ts'
import { openNotifier, type Notifier } from '../bus/notifier.ts'
import { startRelay } from '../notifications/relay.ts'
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
  let notifier: Notifier | null = null
  let relay: ReturnType<typeof startRelay> | null = null
  return {
    serviceIds: [id],
    async start() {
      service = startDataService(core)
      if (!settings.notifications.enabled) return
      notifier = openNotifier(settings.notifications, settings.bus, core)
      const holder = `${core.processId}/notifications`
      relay = startRelay({ ...core, settings: settings.notifications, notifier, holder })
    },
    async stop() {
      await Promise.all([service?.stop(), relay?.stop()])
      await notifier?.close()
    },
    unusable: async () => null,
  }
}
