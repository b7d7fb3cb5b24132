/** Whether a service is there now. */
import type { Ctx } from '../context.ts'
import { serviceState, type Heartbeat, type ServiceState } from '../../model/service-state.ts'

export type { ServiceState }

export const stateOf = (ctx: Ctx, service: Heartbeat): ServiceState =>
  serviceState(service, ctx.clock.now(), ctx.settings.shares.service_down_time_s)
