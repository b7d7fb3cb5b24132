/** manila-scheduler. Tests run several in one process against one ledger. */
import { registerService } from '../db/store/services.ts'
import { checkChains } from '../scheduler/configured.ts'
import { tryPlacement } from '../scheduler/dry-run.ts'
import { KnownPools } from '../scheduler/known-pools.ts'
import { upSince } from '../scheduler/operations/parts.ts'
import { schedulerService } from '../scheduler/service.ts'
import { after } from '../runtime/after.ts'
import type { Core } from './core.ts'
import type { Role } from './role.ts'

/** Throws a sentence for a filter or weigher that nobody knows. */
export async function schedulerRole(core: Core, count: number): Promise<Role> {
  const { settings, store, clock, bus, log, metrics, failpoint, draining, agreement } = core
  checkChains(settings.scheduler)
  const id = await registerService(store, {
    host: settings.host,
    binaryName: 'manila-scheduler',
    topic: 'manila-scheduler',
    availabilityZone: settings.shares.storage_availability_zone,
    now: clock.now(),
  })
  const known = new KnownPools({ db: store.db, upSince: () => upSince({ clock, settings }), after })
  const workers = Array.from({ length: count }, (_, index) =>
    schedulerService({
      store,
      clock,
      settings,
      bus,
      random: Math.random,
      known,
      holder: `${core.processId}/scheduler-${index}`,
      failpoint,
      log,
      draining,
      agreement,
      observe: metrics.operation,
    }),
  )
  let silence = (): void => {}
  return {
    serviceIds: [id],
    async start() {
      // Also while it drains: nothing is begun by an answer.
      silence = bus.answer('scheduler', 'placement.try', (question) =>
        tryPlacement({ store, clock, settings }, question),
      )
      for (const worker of workers) worker.start()
    },
    async stop({ graceMs }) {
      silence()
      await Promise.all(workers.map((worker) => worker.stop(graceMs)))
      known.forget()
    },
    unusable: async () => null,
  }
}
