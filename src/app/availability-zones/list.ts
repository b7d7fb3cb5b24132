/** The zones there are. */
import type { Ctx } from '../context.ts'
import { listZones, type Zone } from '../../db/store/zones.ts'

export const list = (ctx: Ctx): Promise<Zone[]> => listZones(ctx.db)
