/** manila-share: every backend of the configuration. */
import { join } from 'node:path'
import { shareManager, type ShareManager } from '../share-manager/service.ts'
import type { Core } from './core.ts'
import type { Role } from './role.ts'

export interface ShareRole extends Role {
  readonly manager: ShareManager
}

export async function shareRole(core: Core): Promise<ShareRole> {
  const { settings, metrics } = core
  const manager = await shareManager({
    store: core.store,
    clock: core.clock,
    bus: core.bus,
    settings,
    log: core.log,
    holder: `${core.processId}/share`,
    dir: join(settings.state_dir, 'backends'),
    kernelId: core.kernelId,
    draining: core.draining,
    agreement: core.agreement,
    failpoint: core.failpoint,
    observe: metrics.operation,
    observeCall: metrics.driverCall,
    observeExporter: metrics.exporterUp,
    observeRestart: metrics.exporterRestart,
  })
  return {
    manager,
    serviceIds: manager.serviceIds,
    start: async () => manager.start(),
    stop: (options) => manager.stop(options),
    async unusable() {
      const all = [...manager.backends.values()]
      if (all.length === 0) return 'no backend is configured'
      if (all.some(({ health }) => health === 'ready')) return null
      return all
        .map(({ label, health, reason }) => `${label} is ${health}: ${reason ?? 'not yet'}`)
        .join('; ')
    },
  }
}
