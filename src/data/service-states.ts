/** Tells that a service came, fell silent or stopped, and keeps since when. Nobody does of himself: who is gone says nothing. */
import { recordEvent } from '../db/store/records.ts'
import { allServices, noteState } from '../db/store/services.ts'
import { serviceState, sinceWhen } from '../model/service-state.ts'
import type { DataParts } from './parts.ts'

/** Any number of processes may look at once: each change is told once. Answers how many were told. */
export async function tellServiceStates({ store, clock, settings }: DataParts): Promise<number> {
  let told = 0
  const downAfterS = settings.shares.service_down_time_s
  for (const service of await allServices(store.db)) {
    const now = clock.now()
    const state = serviceState(service, now, downAfterS)
    if (state === service.told_state) continue
    const isTold = await store.transaction(async (tx) => {
      if (!(await noteState(tx, service, state, sinceWhen(service, state, now)))) return false
      const { host, binary_name: binary, told_state: from = null } = service
      await recordEvent(tx, {
        projectId: '',
        resourceType: 'service',
        resourceId: String(service.id),
        event: `service.${state}`,
        detail: { host, binary, from, to: state },
        now,
      })
      return true
    })
    if (isTold) told++
  }
  return told
}
