/** Has a backend look after every share it serves: exports published, rules applied, nothing missing. */
import type { Ctx } from '../context.ts'
import { start } from '../start.ts'
import { serviceOf, setEnsuring } from '../../db/store/services.ts'
import { backendIdOf } from '../../db/store/services-read.ts'
import { backendLane } from '../../model/lanes.ts'
import { fault } from '../../model/errors.ts'
import { stateOf } from './state.ts'

/** 404 when no share service runs on `host` (`host@backend`), 409 when it is not up. */
export async function ensureShares(ctx: Ctx, host: string): Promise<void> {
  const service = await serviceOf(ctx.tx, host, 'manila-share')
  const backendId = await backendIdOf(ctx.tx, host)
  if (service === undefined || backendId === undefined) {
    throw fault('ServiceNotFound', { id: `manila-share on ${host}` })
  }
  const state = stateOf(ctx, service)
  if (state !== 'up') {
    throw fault('Conflict', { message: `The service manila-share on ${host} is ${state}: start it first.` })
  }
  await setEnsuring(ctx.tx, service.id, 1, ctx.clock.now())
  await start(ctx, {
    kind: 'ensure-shares',
    payload: { backendId, serviceId: service.id },
    resourceId: backendId,
    lanes: [backendLane(backendId)],
    backendId,
  })
}
